// Runs the policy on the NAS-Bench-201 table: signal the 12-epoch validation accuracy, answer the
// best seen by it, score the answer's 200-epoch test accuracy.
//
//   bench_nasbench201 TABLE.csv.gz [--data-set=cifar10] [--seeds=500] [--first-seed=0]
//                     [--evaluations=100] [--permute] [--reuse=cifar100 [--permute-source]
//                     [--source-evaluations=200]] [--SETTING=VALUE ...]
//
// --reuse first runs a search on that data set and starts from its controller. SETTINGs are those
// of `algorithmName: enas`. Prints one line of JSON per seed: the score after 5, 10, 20, 50, 100,
// 200 evaluations.

#include <ATen/Parallel.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "base/number_text.h"
#include "controller/controller.h"
#include "space/graph_space.h"
#include "space/published_forms.h"

namespace mimar::controller {
namespace {

struct Row {
  double signal = 0.0;
  double score = 0.0;
};

using Table = std::map<std::string, Row>;  // by NAS-Bench-201's string

std::string read_packed(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  require(file != nullptr, "cannot open ", path);
  std::string text;
  std::array<char, 65536> buffer{};
  for (int got = 0; (got = gzread(file, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  gzclose(file);
  return text;
}

Table read_table(const std::string& path, const std::string& data_set) {
  std::istringstream lines(read_packed(path));
  std::string line;
  std::getline(lines, line);
  const int first = data_set == "cifar10" ? 1 : 3;
  Table table;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    table[row[0]] = {*find_double(row[static_cast<std::size_t>(first)]),
                     *find_double(row[static_cast<std::size_t>(first) + 1])};
  }
  return table;
}

/// Gives every architecture the accuracies of another.
Table permuted(const Table& table, std::uint64_t seed) {
  std::vector<Row> rows;
  for (const auto& [name, row] : table) rows.push_back(row);
  Rng rng(seed, stable_hash("permuted"));
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[rng.index(i)]);
  Table result;
  std::size_t next = 0;
  for (const auto& [name, row] : table) result[name] = rows[next++];
  return result;
}

struct Flags {
  std::string table;
  std::string data_set = "cifar10";
  std::string reuse = {};
  int seeds = 500;
  int first_seed = 0;
  int evaluations = 100;
  int source_evaluations = 200;
  bool permute = false;
  bool permute_source = false;
  bool random = false;
  std::map<std::string, std::string, std::less<>> settings = {};
};

Flags parse_flags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
    const auto number = [&] { return static_cast<int>(find_double(value).value()); };
    if (!name.starts_with("--"))
      flags.table = text;
    else if (name == "--data-set")
      flags.data_set = value;
    else if (name == "--reuse")
      flags.reuse = value;
    else if (name == "--seeds")
      flags.seeds = number();
    else if (name == "--first-seed")
      flags.first_seed = number();
    else if (name == "--evaluations")
      flags.evaluations = number();
    else if (name == "--source-evaluations")
      flags.source_evaluations = number();
    else if (name == "--permute")
      flags.permute = true;
    else if (name == "--permute-source")
      flags.permute_source = true;
    else if (name == "--random")
      flags.random = true;
    else
      flags.settings[name.substr(2)] = value;
  }
  return flags;
}

const space::GraphSpace kGraph = space::CellSpace{.kind = space::CellKind::kNasBench201};

/// The first candidate that was not evaluated yet.
Candidate draw_new(const Controller& controller, int number,
                   const std::set<space::Assignment>& seen) {
  constexpr int kBatch = 16;
  constexpr int kRounds = 8;
  for (int round = 0;; ++round) {
    for (Candidate& candidate : controller.draw(number, round, kBatch)) {
      if (round == kRounds || !seen.contains(candidate.assignment)) return std::move(candidate);
    }
  }
}

const Row& look_up(const Table& table, const space::Assignment& assignment) {
  const auto architecture =
      std::get<space::CellArchitecture>(space::decode(kGraph, assignment).graph);
  return table.at(space::to_nasbench201_string(architecture));
}

Json search(Controller& controller, const Table& table, int evaluations, bool random) {
  std::set<space::Assignment> seen;
  Row best{-1.0, 0.0};
  Json line;
  for (int number = 0; number < evaluations; ++number) {
    const Candidate candidate = draw_new(controller, number, seen);
    seen.insert(candidate.assignment);
    const Row& row = look_up(table, candidate.assignment);
    if (row.signal > best.signal) best = row;
    if (!random) {
      controller.learn({candidate.assignment,
                        {.costs = {-row.signal}},
                        candidate.log_probability,
                        candidate.author});
    }
    for (const int mark : {5, 10, 20, 50, 100, 200}) {
      if (number + 1 == mark) line[std::to_string(mark)] = best.score;
    }
  }
  return line;
}

Json run_seed(const Flags& flags, const Table& table, const Table& source, std::uint64_t seed) {
  ControllerSetup setup{.space = space::SearchSpace(space::expand(kGraph)),
                        .options = read_settings(flags.settings),
                        .seed = seed};
  if (!flags.reuse.empty()) {
    Controller first({.space = setup.space, .options = setup.options, .seed = seed + 1'000'000});
    search(first, source, flags.source_evaluations, false);
    setup.reused = parse_saved_policy(to_bytes(first.saved()));
  }
  Controller controller(std::move(setup));
  Json line = search(controller, table, flags.evaluations, flags.random);
  line["seed"] = seed;
  line["entropy"] = controller.status().last_entropy;
  if (const auto after = controller.guard().switched_after()) line["switchedAfter"] = *after;
  return line;
}

int run(int argc, char** argv) {
  at::set_num_threads(1);
  const Flags flags = parse_flags(argc, argv);
  const Table table = read_table(flags.table, flags.data_set);
  const Table source = flags.reuse.empty() ? Table() : read_table(flags.table, flags.reuse);
  for (int i = 0; i < flags.seeds; ++i) {
    const auto seed = static_cast<std::uint64_t>(flags.first_seed + i);
    const Json line = run_seed(flags, flags.permute ? permuted(table, seed) : table,
                               flags.permute_source ? permuted(source, seed) : source, seed);
    std::cout << line.dump() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace mimar::controller

int main(int argc, char** argv) {
  try {
    return mimar::controller::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
