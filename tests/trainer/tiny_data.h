#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/rng.h"

namespace mimar::trainer {

/// A folder of its own below the system's temporary one, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mimar-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

using Bytes = std::vector<std::uint8_t>;

inline void append_big_endian(Bytes& bytes, std::uint32_t word) {
  for (const int shift : {24, 16, 8, 0}) {
    bytes.push_back(static_cast<std::uint8_t>((word >> static_cast<unsigned>(shift)) & 0xFFU));
  }
}

inline void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

inline Bytes idx_images(std::uint32_t count, std::uint32_t side, const Bytes& pixels) {
  Bytes bytes;
  for (const std::uint32_t word : {0x00000803U, count, side, side}) append_big_endian(bytes, word);
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

inline Bytes idx_labels(const Bytes& labels) {
  Bytes bytes;
  append_big_endian(bytes, 0x00000801U);
  append_big_endian(bytes, static_cast<std::uint32_t>(labels.size()));
  bytes.insert(bytes.end(), labels.begin(), labels.end());
  return bytes;
}

/// Images of noise in which class k lights a bar of its own: rows 0-4 for classes 0-4, columns
/// 0-4 for classes 5-9. A small network learns them in a few epochs.
inline void write_bars(const std::filesystem::path& dir, const std::string& part,
                       std::uint32_t count, std::uint64_t seed) {
  constexpr std::uint32_t kSide = 10;
  Rng rng(seed);
  Bytes pixels;
  Bytes labels;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto label = static_cast<std::uint32_t>(rng.index(10));
    labels.push_back(static_cast<std::uint8_t>(label));
    for (std::uint32_t y = 0; y < kSide; ++y) {
      for (std::uint32_t x = 0; x < kSide; ++x) {
        const bool lit = label < 5 ? y / 2 == label : x / 2 == label - 5;
        pixels.push_back(static_cast<std::uint8_t>(rng.index(60) + (lit ? 150 : 0)));
      }
    }
  }
  write_gzip(dir / (part + "-images-idx3-ubyte.gz"), idx_images(count, kSide, pixels));
  write_file(dir / (part + "-labels-idx1-ubyte"), idx_labels(labels));
}

/// A whole MNIST-like data set of 10 x 10 pixels.
inline void write_bars_data_set(const std::filesystem::path& dir) {
  write_bars(dir, "train", 600, 1);
  write_bars(dir, "t10k", 200, 2);
}

}  // namespace mimar::trainer
