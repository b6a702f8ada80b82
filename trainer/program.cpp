#include "trainer/program.h"

#include <exception>
#include <iostream>

#include "base/error.h"
#include "nas/operations/own_module.h"
#include "trainer/command_line.h"
#include "trainer/count.h"
#include "trainer/export.h"
#include "trainer/fit.h"
#include "trainer/fork_server.h"
#include "trainer/latency.h"
#include "trainer/predict.h"
#include "trainer/reporter.h"
#include "trainer/search/search.h"

namespace mimar::trainer {
namespace {

/// Carries one parsed command out.
struct Runner {
  DataSetCache& data_sets;
  SystemClock clock = {};

  Surroundings surroundings() const {
    return {.data_sets = data_sets,
            .out = std::cout,
            .clock = clock,
            .metrics_fd = find_metrics_fd(),
            .place = this_process_place()};
  }

  void operator()(const FitOptions& options) const { fit(options, surroundings()); }
  void operator()(const SearchOptions& options) const { search(options, surroundings()); }
  void operator()(const ExportOptions& options) const {
    std::optional<nas::MapShape> image;
    if (const auto& size = options.input_size) image = {size->at(2), size->at(0), size->at(1)};
    convert_to_onnx(options.model, image, options.output);
  }
  void operator()(const PredictOptions& options) const { predict(options, surroundings()); }
  void operator()(const CountOptions& options) const {
    std::cout << count_network(options, nas::count_own_operation).dump() << std::endl;
  }
  void operator()(const LatencyOptions& options) const {
    std::cout << measure_network(options).dump() << std::endl;
  }
  void operator()(const ForkServerOptions& options) const {
    serve_forks(options.socket, data_sets, run_program);
  }
  void operator()(const VersionOptions&) const {
    std::cout << "mimar-train " << MIMAR_VERSION << std::endl;
  }
  void operator()(const HelpOptions& options) const { std::cout << options.text << std::flush; }
};

int complain(const std::exception& error, int code) {
  std::cerr << "mimar-train: " << error.what() << std::endl;
  return code;
}

}  // namespace

int run_program(std::span<const std::string> arguments, DataSetCache& data_sets) {
  Command command;
  try {
    command = parse_command_line(arguments);
  } catch (const Error& error) {
    return complain(error, 2);
  }
  try {
    std::visit(Runner{data_sets}, command);
    return 0;
  } catch (const std::exception& error) {
    return complain(error, 1);
  }
}

}  // namespace mimar::trainer
