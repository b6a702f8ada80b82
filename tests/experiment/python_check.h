#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"

namespace mimar::testing_support {

/// True when Python has the module: the tests that ask an independent reader are skipped without.
inline bool has_python_module(const std::string& module) {
  return std::system(concat("python3 -c 'import ", module, "' >/dev/null 2>&1").c_str()) == 0;
}

/// Runs a Python script with one argument, a file that holds `input`; true when it exits with 0.
inline bool python_accepts(const std::string& script, const std::string& input) {
  const std::filesystem::path base =
      std::filesystem::temp_directory_path() / concat("mimar-check-", ::getpid());
  const std::string script_file = base.string() + ".py";
  const std::string input_file = base.string() + ".txt";
  std::ofstream(script_file) << script;
  std::ofstream(input_file) << input;
  const int status = std::system(concat("python3 ", script_file, " ", input_file, " 1>&2").c_str());
  std::filesystem::remove(script_file);
  std::filesystem::remove(input_file);
  return status == 0;
}

}  // namespace mimar::testing_support
