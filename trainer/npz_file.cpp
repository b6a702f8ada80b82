#include "trainer/npz_file.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/number_text.h"

namespace mimar::trainer {
namespace {

namespace fs = std::filesystem;

using Bytes = std::vector<std::uint8_t>;

// Sizes and signatures of PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kCentralSize = 46;
constexpr std::size_t kEndSize = 22;
constexpr std::uint16_t kStored = 0;
constexpr std::uint16_t kDeflated = 8;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 36U;
constexpr std::uint32_t kZip64 = 0xFFFFFFFF;  // the true size stands elsewhere

/// The file's bytes, read with checks of bounds.
class Archive {
 public:
  explicit Archive(const fs::path& path) : path_(path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail(ErrorCode::kNotFound, "cannot open ", path.string());
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  std::uint64_t number(std::size_t at, std::size_t width) const {
    const std::span<const std::uint8_t> bytes = slice(at, width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i > 0; --i) value = (value << 8U) | bytes[i - 1];
    return value;
  }
  std::uint32_t word(std::size_t at) const { return static_cast<std::uint32_t>(number(at, 4)); }
  std::uint16_t half(std::size_t at) const { return static_cast<std::uint16_t>(number(at, 2)); }

  std::span<const std::uint8_t> slice(std::size_t at, std::size_t size) const {
    require(at <= bytes_.size() && size <= bytes_.size() - at, path_.string(),
            ": the file is cut short or no npz file");
    return std::span(bytes_).subspan(at, size);
  }

  std::string text(std::size_t at, std::size_t size) const {
    const auto bytes = slice(at, size);
    return {bytes.begin(), bytes.end()};
  }

  std::size_t size() const { return bytes_.size(); }
  std::string name() const { return path_.string(); }

 private:
  fs::path path_;
  Bytes bytes_;
};

/// The end of the central directory: the last signature that has room for its record.
std::size_t find_end(const Archive& archive) {
  constexpr std::size_t kLongestComment = 0xFFFF;
  require(archive.size() >= kEndSize, archive.name(), ": the file is cut short or no npz file");
  const std::size_t last = archive.size() - kEndSize;
  const std::size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (std::size_t at = last + 1; at > first; --at) {
    if (archive.word(at - 1) == kEndSignature) return at - 1;
  }
  fail(ErrorCode::kInvalidArgument, archive.name(), ": the file is cut short or no npz file");
}

struct Entry {
  std::string name;
  std::uint16_t method = 0;
  std::uint32_t checksum = 0;
  std::uint32_t packed_size = 0;
  std::uint32_t size = 0;
  std::size_t header = 0;  // where the local header stands
};

std::vector<Entry> read_directory(const Archive& archive) {
  const std::size_t end = find_end(archive);
  std::vector<Entry> entries;
  std::size_t at = archive.word(end + 16);
  for (int i = archive.half(end + 10); i > 0; --i) {
    require(archive.word(at) == kCentralSignature, archive.name(),
            ": the file's directory is corrupt");
    const std::size_t name_size = archive.half(at + 28);
    entries.push_back({.name = archive.text(at + kCentralSize, name_size),
                       .method = archive.half(at + 10),
                       .checksum = archive.word(at + 16),
                       .packed_size = archive.word(at + 20),
                       .size = archive.word(at + 24),
                       .header = archive.word(at + 42)});
    at += kCentralSize + name_size + archive.half(at + 30) + archive.half(at + 32);
  }
  return entries;
}

/// Inflates in chunks: a corrupt size cannot ask for memory that the data does not fill.
Bytes inflate_all(std::span<const std::uint8_t> packed, std::size_t size, const std::string& what) {
  constexpr std::size_t kChunk = std::size_t{1} << 24U;
  Bytes bytes;
  z_stream stream{};
  check(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "zlib can inflate");
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (result == Z_OK && bytes.size() < size) {
    const std::size_t start = bytes.size();
    const std::size_t room = std::min(kChunk, size - start);
    bytes.resize(start + room);
    stream.next_out = bytes.data() + start;
    stream.avail_out = static_cast<uInt>(room);
    result = inflate(&stream, Z_NO_FLUSH);
    bytes.resize(start + room - stream.avail_out);
  }
  inflateEnd(&stream);
  require((result == Z_STREAM_END || result == Z_OK) && bytes.size() == size, what,
          ": the compressed data is corrupt");
  return bytes;
}

Bytes unpack(const Archive& archive, const Entry& entry, const std::string& what) {
  require(entry.size != kZip64 && entry.packed_size != kZip64, what,
          ": archives of 4 GiB and more cannot be read; save fewer images");
  require(archive.word(entry.header) == kLocalSignature, what, ": the file is corrupt");
  const std::size_t start =
      entry.header + kLocalSize + archive.half(entry.header + 26) + archive.half(entry.header + 28);
  const auto packed = archive.slice(start, entry.packed_size);
  require(entry.method == kStored || entry.method == kDeflated, what,
          ": compressed in an unknown way; write it with numpy.savez_compressed");
  Bytes bytes = entry.method == kStored ? Bytes(packed.begin(), packed.end())
                                        : inflate_all(packed, entry.size, what);
  const auto checksum = crc32_z(0, bytes.data(), bytes.size());
  require(checksum == entry.checksum, what, ": the file is corrupt (its checksum is wrong)");
  return bytes;
}

std::vector<std::int64_t> parse_shape(const std::string& text, const std::string& what) {
  std::vector<std::int64_t> shape;
  std::int64_t total = 1;
  static const std::regex number("[0-9]+");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), number);
       it != std::sregex_iterator(); ++it) {
    const auto size = find_integer(it->str());
    require(size && *size >= 1 && *size <= kMaxElements && total <= kMaxElements / *size, what,
            ": unlikely sizes: (", text, ")");
    total *= *size;
    shape.push_back(*size);
  }
  return shape;
}

std::int64_t width_of(const std::string& type) {
  return type.size() >= 3 ? find_integer(std::string_view(type).substr(2)).value_or(0) : 0;
}

/// "\x93NUMPY", version, length of the header, a Python dict as the header, the data.
NpyArray parse_npy(const Bytes& bytes, const std::string& what) {
  static const std::string magic = "\x93NUMPY";
  require(bytes.size() >= 12 &&
              std::equal(magic.begin(), magic.end(), bytes.begin(),
                         [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }),
          what, ": no npy array");
  const bool is_long = bytes[6] >= 2;  // versions 2 and 3 have four bytes of length
  std::size_t length = bytes[8] | (std::size_t{bytes[9]} << 8U);
  if (is_long) length |= (std::size_t{bytes[10]} << 16U) | (std::size_t{bytes[11]} << 24U);
  const std::size_t start = is_long ? 12 : 10;
  require(length <= bytes.size() - start && length < 1000, what, ": the npy header is corrupt");
  const std::string header(bytes.begin() + static_cast<std::ptrdiff_t>(start),
                           bytes.begin() + static_cast<std::ptrdiff_t>(start + length));
  static const std::regex pattern(
      R"(\{'descr': '([<>|=a-zA-Z0-9]+)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\),? *\}\s*)");
  std::smatch match;
  require(std::regex_match(header, match, pattern), what,
          ": the array's type is not a plain one: ", header.substr(0, 80));
  require(match[2] == "False", what,
          ": the array is in Fortran's order; save numpy.ascontiguousarray of it");
  NpyArray array{.type = match[1], .shape = parse_shape(match[3], what), .bytes = {}};
  require(array.type[0] != '>', what, ": the array is big-endian; save it with astype('<i8')");
  array.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(start + length), bytes.end());
  require(static_cast<std::int64_t>(array.bytes.size()) == array.size() * width_of(array.type),
          what, ": the array's data is cut short or too long");
  return array;
}

}  // namespace

std::int64_t NpyArray::size() const {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) count *= side;
  return count;
}

std::int64_t NpyArray::integer(std::int64_t index) const {
  const auto width = static_cast<std::size_t>(width_of(type));
  const bool is_signed = type.size() == 3 && type[1] == 'i';
  require((is_signed || (type.size() == 3 && type[1] == 'u')) && width >= 1 && width <= 8,
          "the elements must be integers, not of NumPy's type ", type);
  const std::size_t start = static_cast<std::size_t>(index) * width;
  std::uint64_t value = is_signed && bytes[start + width - 1] >= 128 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = width; i > 0; --i) value = (value << 8U) | bytes[start + i - 1];
  return static_cast<std::int64_t>(value);
}

std::map<std::string, NpyArray> read_npz(const fs::path& path) {
  const Archive archive(path);
  std::map<std::string, NpyArray> arrays;
  for (const Entry& entry : read_directory(archive)) {
    if (!entry.name.ends_with(".npy")) continue;
    const std::string name = entry.name.substr(0, entry.name.size() - 4);
    const std::string what = concat(path.string(), ", array \"", name, "\"");
    arrays[name] = parse_npy(unpack(archive, entry, what), what);
  }
  return arrays;
}

}  // namespace mimar::trainer
