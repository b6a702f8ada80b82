#include "local/trial_plan.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/error.h"
#include "local/collector_plan.h"
#include "local/kubernetes_variables.h"
#include "local/local_runner.h"
#include "local/program_lookup.h"

namespace mimar::local {
namespace {

using experiment::CollectorKind;

constexpr std::array kThreadVariables{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};

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
  const Variables environment = process_environment(variables, &plan);

  for (const std::string& word : command.argv) {
    plan.process.argv.push_back(expand_variables(word, variables));
  }
  plan.process.program = find_program(plan.process.argv.front(), environment.at("PATH"));
  plan.process.environment = as_list(environment);
  plan.process.directory = command.working_directory;
  plan.process.descriptors = {{.source = 0, .target = 1},
                              {.source = 0, .target = 2},
                              {.source = 1, .target = kMetricsDescriptor}};
  plan.reads_metrics = job.collector.kind != CollectorKind::kNone;
  plan.metric_names = job.metric_names;
  plan.reads_output = job.collector.kind == CollectorKind::kStdOut;
  if (plan.reads_output || (job.collector.kind == CollectorKind::kFile && !job.collector.json)) {
    plan.text_filter = text_filter(job);
  }
  std::vector<std::string> collector_notes;
  plan_collector(job, context_, variables, plan, collector_notes);
  for (const std::string& note : collector_notes) note_once(note, notes);
  if (job.collector.kind == CollectorKind::kCustom) add_companion(job, plan, notes);
  plan.suits_fork_server = plan.process.isolation.empty() && !plan.reads_page &&
                           plan.process.companion.program.empty() &&
                           job.command_form == experiment::CommandForm::kExec &&
                           is_mimar_train(plan.process.argv.front()) &&
                           !plan.process.program.empty();
  plan.restarts = restarts_of(job.object);
  plan.deadline = deadline_of(job.object);
  plan.cpus = job.local.cpus;
  plan.sharers = job.sharers;
  return plan;
}

Variables TrialPlanner::process_environment(const Variables& variables, TrialPlan* plan) const {
  Variables environment = context_.environment;
  for (const char* name : kThreadVariables) {
    environment.erase(name);
    if (plan != nullptr && !variables.contains(name)) plan->thread_variables.emplace_back(name);
  }
  for (const auto& [name, value] : variables) environment[name] = value;
  environment["PATH"] = search_path(context_.program_dir, environment);
  return environment;
}

/// The container of a Custom collector runs beside the trial.
void TrialPlanner::add_companion(const experiment::TrialJob& job, TrialPlan& plan,
                                 std::vector<std::string>& notes) {
  const auto container = job.collector.source.find("customCollector");
  require(container != job.collector.source.end() && container->is_object(),
          "metricsCollectorSpec.collector.customCollector must be a container");
  const experiment::ContainerCommand command =
      experiment::container_command(job, *container, experiment::CommandForm::kExec);
  for (const std::string& warning : command.warnings) note_once(warning, notes);
  const Variables variables = container_variables(job, command.environment, plan.directory);
  const Variables environment = process_environment(variables, nullptr);
  agent::Companion& companion = plan.process.companion;
  for (const std::string& word : command.argv) {
    companion.argv.push_back(expand_variables(word, variables));
  }
  companion.program = find_program(companion.argv.front(), environment.at("PATH"));
  require(!companion.program.empty(),
          "metricsCollectorSpec.collector.customCollector: cannot find ", "the program \"",
          companion.argv.front(), "\" on this machine");
  companion.environment = as_list(environment);
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
