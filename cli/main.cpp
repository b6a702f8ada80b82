#include <unistd.h>

#include <iostream>

#include "base/clock.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  mimar::cli::Console console{.in = std::cin,
                              .out = std::cout,
                              .err = std::cerr,
                              .in_is_terminal = isatty(STDIN_FILENO) != 0,
                              .out_is_terminal = isatty(STDOUT_FILENO) != 0,
                              .err_is_terminal = isatty(STDERR_FILENO) != 0};
  const mimar::SystemClock clock;
  return mimar::cli::run_program({argv + 1, argv + argc}, console, clock);
}
