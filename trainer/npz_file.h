#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mimar::trainer {

/// An array of NumPy's npy format, row by row.
struct NpyArray {
  std::string type;  // NumPy's name: "|u1" unsigned byte, "<i8" 64-bit integer
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;

  /// Number of elements.
  std::int64_t size() const;
  /// Element `index` of an array of integers, signed or not, of any width; little-endian.
  /// Errors: kInvalidArgument when the elements are no integers.
  std::int64_t integer(std::int64_t index) const;
};

/// Reads all arrays of an npz file, the zip archive that numpy.savez and numpy.savez_compressed
/// write; names come without ".npy". Formats: NumPy's "NEP 1", PKWARE's APPNOTE.TXT. Archives of 4
/// GiB and more (zip64) are refused, as are arrays in Fortran's order, and big-endian ones.
/// Errors: kNotFound when the file cannot be opened, kInvalidArgument when it is no such file, cut
/// short or corrupt; all name the file.
std::map<std::string, NpyArray> read_npz(const std::filesystem::path& path);

}  // namespace mimar::trainer
