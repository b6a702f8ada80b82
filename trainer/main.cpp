#include <csignal>
#include <string>
#include <vector>

#include "trainer/program.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that leaves early is not our end
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  mimar::trainer::DataSetCache data_sets;
  return mimar::trainer::run_program(arguments, data_sets);
}
