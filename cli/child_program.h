#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mimar::cli {

/// A program of ours or of the system: beside this program, else in PATH; nothing if in neither.
std::optional<std::filesystem::path> find_program(std::string_view name);

/// What a program that ended left behind.
struct ProgramResult {
  int exit_code = 0;   // 128 + signal when a signal ended it
  std::string output;  // what it wrote to stdout
};

/// Runs a program to its end, stdin and stderr at /dev/null.
/// Errors: kNotFound when it cannot be started.
ProgramResult run_program_to_end(const std::vector<std::string>& arguments);

}  // namespace mimar::cli
