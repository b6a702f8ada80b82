#include "local/trial_plan.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/error.h"
#include "local/kubernetes_variables.h"
#include "local/local_runner.h"
#include "local/program_lookup.h"

namespace mimar::local {
namespace {

using experiment::CollectorKind;
using Variables = std::map<std::string, std::string>;

constexpr std::array kThreadVariables{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};

void reject_collector(std::string_view kind) {
  fail(ErrorCode::kFailedPrecondition, "collector kind ", kind,
       " is not in this build yet: print lines such as loss=0.5 and use kind StdOut, or write JSON "
       "lines to the descriptor MIMAR_METRICS_FD and use kind Push");
}

void check_collector(CollectorKind kind) {
  switch (kind) {
    case CollectorKind::kStdOut:
    case CollectorKind::kPush:
    case CollectorKind::kNone:
      return;
    case CollectorKind::kFile:
      return reject_collector("File");
    case CollectorKind::kTensorFlowEvent:
      return reject_collector("TensorFlowEvent");
    case CollectorKind::kPrometheusMetric:
      return reject_collector("PrometheusMetric");
    case CollectorKind::kCustom:
      return reject_collector("Custom");
  }
}

const Json* find(const Json& object, std::initializer_list<const char*> path) {
  const Json* at = &object;
  for (const char* key : path) {
    if (!at->is_object()) return nullptr;
    const auto next = at->find(key);
    if (next == at->end()) return nullptr;
    at = &*next;
  }
  return at;
}

std::string text_at(const Json& object, std::initializer_list<const char*> path) {
  const Json* found = find(object, path);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

std::optional<std::int64_t> number_at(const Json& object, std::initializer_list<const char*> path) {
  const Json* found = find(object, path);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

void check_kind(const Json& object) {
  if (find(object, {"spec", "template", "spec", "containers"}) != nullptr) return;
  const std::string kind = text_at(object, {"kind"});
  fail(ErrorCode::kFailedPrecondition, "a ", kind.empty() ? "trial object without a kind" : kind,
       " does not run on this machine in this build: it has no pod template at spec.template; use "
       "kind: Job (apiVersion: batch/v1) in trialTemplate.trialSpec");
}

const Json* primary_container(const experiment::TrialJob& job) {
  const Json* containers = find(job.object, {"spec", "template", "spec", "containers"});
  if (containers == nullptr || !containers->is_array()) return nullptr;
  for (const Json& container : *containers) {
    if (text_at(container, {"name"}) == job.primary_container_name) return &container;
  }
  return nullptr;
}

/// The smaller of the Job's and its pod's activeDeadlineSeconds.
std::optional<std::chrono::seconds> deadline_of(const Json& object) {
  std::optional<std::chrono::seconds> deadline;
  for (const auto seconds :
       {number_at(object, {"spec", "activeDeadlineSeconds"}),
        number_at(object, {"spec", "template", "spec", "activeDeadlineSeconds"})}) {
    if (!seconds || *seconds < 0) continue;
    deadline =
        std::min(deadline.value_or(std::chrono::seconds::max()), std::chrono::seconds(*seconds));
  }
  return deadline;
}

/// Kubernetes restarts a failed Job six times unless told otherwise; here it is started again only
/// when the template asks for it, for a broken command would be run seven times.
int restarts_of(const Json& object) {
  const auto limit = number_at(object, {"spec", "backoffLimit"});
  return static_cast<int>(std::clamp<std::int64_t>(limit.value_or(0), 0, 1000));
}

/// The variables that the container would see in a cluster, and Mimar's own. Values may name other
/// variables of the list.
Variables container_variables(const experiment::TrialJob& job, const Variables& written,
                              const std::filesystem::path& directory) {
  Variables variables;
  for (const auto& [name, value] : written) {
    variables[name] = value;
    if (value.find('$') == std::string::npos) continue;
    Variables others = written;
    others.erase(name);
    variables[name] = expand_variables(value, others);
  }
  variables["KATIB_TRIAL_NAME"] = job.trial_name;
  variables["MIMAR_TRIAL"] = job.trial_name;
  variables["MIMAR_EXPERIMENT"] = job.experiment_name;
  variables["MIMAR_TRIAL_DIR"] = directory.string();
  variables["MIMAR_METRICS_FD"] = std::to_string(kMetricsDescriptor);
  return variables;
}

/// The search path with `first` in front; the container's own path counts if it has one.
std::string search_path(const std::filesystem::path& first, const Variables& environment) {
  const auto path = environment.find("PATH");
  const std::string rest =
      path != environment.end() ? path->second : "/usr/local/bin:/usr/bin:/bin";
  return first.empty() ? rest : first.string() + ":" + rest;
}

std::vector<std::string> as_list(const Variables& variables) {
  std::vector<std::string> list;
  list.reserve(variables.size() + kThreadVariables.size());
  for (const auto& [name, value] : variables) list.push_back(name + "=" + value);
  return list;
}

bool is_mimar_train(const std::string& word) {
  return std::filesystem::path(word).filename() == "mimar-train";
}

}  // namespace

TrialPlan TrialPlanner::plan(const experiment::TrialJob& job, std::vector<std::string>& notes) {
  check_kind(job.object);
  check_collector(job.collector.kind);
  const experiment::ContainerCommand command = experiment::primary_command(job);
  check(!command.argv.empty(), "a container's command has at least one word");
  for (const std::string& warning : command.warnings) note_once(warning, notes);
  if (const Json* container = primary_container(job)) {
    const std::string image = text_at(*container, {"image"});
    if (!image.empty() && !job.local.images.contains(image)) {
      note_once(concat("image \"", image, "\" is not used: commands run as this machine has them ",
                       "(spec.local.images maps an image to a directory)"),
                notes);
    }
  }

  TrialPlan plan;
  plan.trial = job.trial_name;
  plan.directory = trial_dir(context_.state_dir, job.experiment_name, job.trial_name);
  const Variables variables = container_variables(job, command.environment, plan.directory);
  Variables environment = context_.environment;
  for (const char* name : kThreadVariables) {
    environment.erase(name);
    if (!variables.contains(name)) plan.thread_variables.emplace_back(name);
  }
  for (const auto& [name, value] : variables) environment[name] = value;
  environment["PATH"] = search_path(context_.program_dir, environment);

  for (const std::string& word : command.argv) {
    plan.process.argv.push_back(expand_variables(word, variables));
  }
  plan.process.program = find_program(plan.process.argv.front(), environment["PATH"]);
  plan.process.environment = as_list(environment);
  plan.process.directory = command.working_directory;
  plan.process.descriptors = {{.source = 0, .target = 1},
                              {.source = 0, .target = 2},
                              {.source = 1, .target = kMetricsDescriptor}};
  plan.reads_metrics = job.collector.kind != CollectorKind::kNone;
  if (job.collector.kind == CollectorKind::kStdOut) plan.text_filter = text_filter(job);
  plan.suits_fork_server = job.command_form == experiment::CommandForm::kExec &&
                           is_mimar_train(plan.process.argv.front()) &&
                           !plan.process.program.empty();
  plan.restarts = restarts_of(job.object);
  plan.deadline = deadline_of(job.object);
  plan.cpus = job.local.cpus;
  plan.sharers = job.sharers;
  return plan;
}

std::shared_ptr<const agent::TextFilter> TrialPlanner::text_filter(
    const experiment::TrialJob& job) {
  if (!last_filter_ || last_names_ != job.metric_names || last_patterns_ != job.collector.filters) {
    last_filter_ = std::make_shared<agent::TextFilter>(job.metric_names, job.collector.filters);
    last_names_ = job.metric_names;
    last_patterns_ = job.collector.filters;
  }
  return last_filter_;
}

void TrialPlanner::note_once(const std::string& note, std::vector<std::string>& notes) {
  if (std::find(noted_.begin(), noted_.end(), note) != noted_.end()) return;
  noted_.push_back(note);
  notes.push_back(note);
}

agent::ProcessPlan with_cores(const TrialPlan& plan, const CoreShare& share) {
  agent::ProcessPlan process = plan.process;
  process.cpus = share.cpus;
  for (const std::string& name : plan.thread_variables) {
    process.environment.push_back(name + "=" + std::to_string(share.threads));
  }
  return process;
}

std::map<std::string, std::string> this_environment() {
  Variables variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

}  // namespace mimar::local
