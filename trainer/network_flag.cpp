#include "trainer/network_flag.h"

#include <fstream>
#include <iterator>

#include "base/error.h"
#include "space/primitives.h"

namespace mimar::trainer {

std::string read_text(const std::string& value, const std::string& flag) {
  if (!value.starts_with('@')) return value;
  const std::string path = value.substr(1);
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorCode::kNotFound, "--", flag, ": cannot open ", path);
  return {std::istreambuf_iterator<char>(file), {}};
}

space::Architecture read_network(const std::string& value) {
  return space::parse_architecture(read_text(value, "network"));
}

space::Architecture read_network(const std::string& value, const std::string& operations_dir) {
  return space::with_operations_from(read_network(value), operations_dir);
}

}  // namespace mimar::trainer
