#include <ATen/Parallel.h>

#include <csignal>
#include <iostream>
#include <string>
#include <string_view>

#include "controller/session.h"

namespace {

constexpr std::string_view kHelp =
    "usage: mimar-controller [--help | --version]\n"
    "\n"
    "Trains the policy network of an experiment. `mimar` starts it and speaks with it over stdin "
    "and\n"
    "stdout, one line of JSON for each request and each answer; docs/formats/controller-pipe.md\n"
    "describes them.\n";

int converse() {
  // One small step after the other: threads would only wait for each other.
  at::set_num_threads(1);
  mimar::controller::Session session;
  for (std::string line; std::getline(std::cin, line);) {
    const mimar::Json request = mimar::Json::parse(line, nullptr, false);
    std::cout << session.answer(request).dump(-1, ' ', false, mimar::Json::error_handler_t::replace)
              << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, SIG_IGN);  // the terminal's Ctrl-C is for the one who started us
  const std::string_view flag = argc > 1 ? argv[1] : "";
  if (flag == "--help") {
    std::cout << kHelp;
    return 0;
  }
  if (flag == "--version") {
    std::cout << "mimar-controller " MIMAR_VERSION "\n";
    return 0;
  }
  if (argc > 1) {
    std::cerr << "mimar-controller: unknown argument " << flag
              << "; it takes --help or --version\n";
    return 2;
  }
  return converse();
}
