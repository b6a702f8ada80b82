#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mimar::local {

/// The file that a command's first word means: the word itself when it holds a slash, else the
/// first executable file of that name in `search_path`, directories separated by colons (an empty
/// one is the working directory). Empty when there is none.
std::string find_program(const std::string& name, std::string_view search_path);

/// The directory of the program that runs now.
/// Errors: kNotFound when /proc does not tell.
std::filesystem::path directory_of_this_program();

}  // namespace mimar::local
