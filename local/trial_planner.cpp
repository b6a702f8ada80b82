#include "local/trial_planner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "agent/trial_network.h"
#include "base/error.h"
#include "base/quantity.h"
#include "experiment/job_kinds.h"
#include "experiment/parse_access.h"
#include "local/collector_plan.h"
#include "local/kubernetes_variables.h"
#include "local/local_runner.h"
#include "local/network_plan.h"
#include "local/program_lookup.h"
#include "local/reporting_replicas.h"

namespace mimar::local {
namespace {

using experiment::CollectorKind;
using experiment::list_at;
using experiment::text_at;
using experiment::TrialJob;

constexpr std::array kThreadVariables{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};

const Json& primary_container(const TrialJob& job, const ReplicaRules& replica) {
  const Json* pod = pod_template(job.object, replica);
  const std::string place =
      replica.is_of_job() ? "spec.template" : concat("pytorchReplicaSpecs.", replica.type);
  require(pod != nullptr, "the trial's job has no pod template at ", place);
  for (const Json& container : list_at(*pod, "spec.containers")) {
    if (text_at(container, "name") == job.primary_container_name) return container;
  }
  fail(ErrorCode::kInvalidArgument, "the trial's job has no container \"",
       job.primary_container_name, "\" in ", place,
       ", which trialTemplate.primaryContainerName names");
}

experiment::JobConditions conditions_of(const TrialJob& job) {
  const experiment::JobKind* kind = experiment::find_job_kind(text_at(job.object, "kind"));
  check(kind != nullptr, "a job that runs here is of a known kind");
  return {job.success_condition.empty() ? kind->success : job.success_condition,
          job.failure_condition.empty() ? kind->failure : job.failure_condition};
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

std::optional<double> limit_at(const Json& container, const char* resource) {
  const Json& limits = experiment::map_at(container, "resources.limits");
  const auto found = limits.find(resource);
  if (found == limits.end()) return std::nullopt;
  return find_quantity(found->is_string() ? found->get<std::string>() : found->dump());
}

std::optional<std::int64_t> memory_limit(const Json& container) {
  const auto bytes = limit_at(container, "memory");
  if (!bytes || *bytes < 1.0) return std::nullopt;
  return static_cast<std::int64_t>(*bytes);
}

bool is_mimar_train(const std::string& word) {
  return std::filesystem::path(word).filename() == "mimar-train";
}

}  // namespace

TrialPlan TrialPlanner::plan(const TrialJob& job, std::vector<std::string>& notes) {
  TrialPlan plan{.trial = job.trial_name,
                 .directory = trial_dir(context_.state_dir, job.experiment_name, job.trial_name),
                 .job = job.object,
                 .rules = job_rules(job.object, job.primary_container_name),
                 .conditions = conditions_of(job),
                 .retains = job.retain,
                 .cpus = job.local.cpus,
                 .sharers = job.sharers};
  Frame frame{.job = job, .plan = plan, .rendezvous = {}, .notes = notes};
  if (plan.rules.kind == "PyTorchJob") {
    plan.ports = {std::make_shared<PortLease>(), std::make_shared<PortLease>()};
    frame.rendezvous.master_port = plan.ports[0]->port();
    frame.rendezvous.elastic_port = plan.ports[1]->port();
  }
  plan.has_network = context_.can_link_replicas && needs_network(job, plan.rules);
  if (plan.has_network) frame.rendezvous.host = agent::network_address(0);
  const std::vector<bool> reports = reporting_replicas(job, plan.rules);
  const auto first =
      static_cast<std::size_t>(std::find(reports.begin(), reports.end(), true) - reports.begin());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    ReplicaPlan replica = plan_replica(frame, i, reports[i]);
    replica.log = plan.directory / (i == first ? "log" : replica.name + ".log");
    plan.replicas.push_back(std::move(replica));
  }
  plan_machine(frame);
  return plan;
}

/// Memory and GPUs: what spec.local says, else the limits of the containers.
void TrialPlanner::plan_machine(const Frame& frame) {
  const experiment::LocalOptions& local = frame.job.local;
  TrialPlan& plan = frame.plan;
  if (const auto bytes = find_quantity(local.memory)) {
    plan.memory = static_cast<std::int64_t>(*bytes);
  }
  double wanted = 0.0;
  for (std::size_t i = 0; i < plan.replicas.size(); ++i) {
    const Json& container = primary_container(frame.job, plan.rules.replicas[i]);
    if (!plan.memory) plan.replicas[i].memory = memory_limit(container);
    if (i >= plan.rules.most_running()) continue;  // it takes the place of another
    wanted += limit_at(container, "nvidia.com/gpu").value_or(0.0);
  }
  if (local.gpus) {
    if (*local.gpus > context_.num_gpus) {
      fail(ErrorCode::kFailedPrecondition, "spec.local.gpus wants ", *local.gpus,
           " GPUs for a trial, and this machine has ", context_.num_gpus,
           " (CUDA_VISIBLE_DEVICES, else /dev/nvidia*); lower it, or remove it for an equal share");
    }
    plan.gpus = *local.gpus;
  } else if (wanted > 0.0) {
    plan.gpus = std::min(static_cast<int>(wanted), context_.num_gpus);
    if (wanted > context_.num_gpus) {
      note_once(concat("the job asks for ", wanted, " nvidia.com/gpu; this machine has ",
                       context_.num_gpus, ", and each trial gets ", *plan.gpus),
                frame.notes);
    }
  }
}

ReplicaPlan TrialPlanner::plan_replica(const Frame& frame, std::size_t index, bool reports) {
  const TrialJob& job = frame.job;
  const ReplicaRules& rules = frame.plan.rules.replicas[index];
  const Json& container = primary_container(job, rules);
  // Katib hands only the containers whose output it reads to a shell.
  const auto form = reports ? job.command_form : experiment::CommandForm::kExec;
  const experiment::ContainerCommand command = experiment::container_command(job, container, form);
  check(!command.argv.empty(), "a container's command has at least one word");
  for (const std::string& warning : command.warnings) note_once(warning, frame.notes);

  ReplicaPlan replica{.name = rules.name(), .log = {}, .reports = reports};
  const Variables variables = container_variables(frame, command.environment, index);
  const Variables environment = process_environment(variables, &replica);
  replica.sets_gpus = command.environment.contains("CUDA_VISIBLE_DEVICES");
  check_image(job, container, command, environment.at("PATH"), frame.notes);
  agent::ProcessPlan& process = replica.process;
  for (const std::string& word : command.argv) {
    process.argv.push_back(expand_variables(word, variables));
  }
  process.program = find_program(process.argv.front(), environment.at("PATH"));
  process.environment = as_list(environment);
  if (frame.plan.rules.pods.is_indexed && !variables.contains("HOSTNAME")) {
    std::erase_if(process.environment,
                  [](const std::string& entry) { return entry.starts_with("HOSTNAME="); });
    process.environment.push_back(concat("HOSTNAME=", job.trial_name, '-', index));
  }
  if (frame.plan.has_network) join_network(frame.plan, index, replica);
  process.directory = command.working_directory;
  process.descriptors = {{.source = 0, .target = 1},
                         {.source = 0, .target = 2},
                         {.source = 1, .target = kMetricsDescriptor}};
  plan_reading(frame, variables, replica);
  if (reports && job.collector.kind == CollectorKind::kCustom) {
    add_companion(frame, index, replica);
  }
  replica.suits_fork_server = replica.name.empty() && process.isolation.empty() &&
                              !replica.reading.reads_page && process.companion.program.empty() &&
                              form == experiment::CommandForm::kExec &&
                              is_mimar_train(process.argv.front()) && !process.program.empty();
  return replica;
}

void TrialPlanner::plan_reading(const Frame& frame, const Variables& variables,
                                ReplicaPlan& replica) {
  const experiment::MetricsCollector& collector = frame.job.collector;
  if (replica.reports) {
    replica.reading.reads_pipe = collector.kind != CollectorKind::kNone;
    replica.reading.metric_names = frame.job.metric_names;
    replica.reading.reads_output = collector.kind == CollectorKind::kStdOut;
    if (replica.reading.reads_output ||
        (collector.kind == CollectorKind::kFile && !collector.json)) {
      replica.reading.text_filter = text_filter(frame.job);
    }
  }
  std::vector<std::string> notes;
  plan_collector(frame.job, context_, variables, frame.plan, replica, notes);
  for (const std::string& note : notes) note_once(note, frame.notes);
}

/// An image that is not mapped is no obstacle when its command is on this machine.
void TrialPlanner::check_image(const TrialJob& job, const Json& container,
                               const experiment::ContainerCommand& command,
                               const std::string& search_path, std::vector<std::string>& notes) {
  const std::string image = text_at(container, "image");
  if (image.empty() || job.local.images.contains(image)) return;
  const std::string word = list_at(container, "command").at(0).get<std::string>();
  std::filesystem::path program = find_program(word, search_path);
  if (!program.empty() && program.is_relative() && !command.working_directory.empty()) {
    program = command.working_directory / program;
  }
  if (program.empty() || ::access(program.c_str(), X_OK) != 0) {
    fail(ErrorCode::kFailedPrecondition, "image \"", image, "\" is not mapped, and its command \"",
         word, "\" is not on this machine; say where its files are:\n",
         experiment::image_lines(image, false));
  }
  note_once(concat("image \"", image, "\" is not used: commands run as this machine has them ",
                   "(spec.local.images maps an image to a directory)"),
            notes);
}

/// The variables that the container would see in a cluster, and Mimar's own. Values may name other
/// variables of the list.
Variables TrialPlanner::container_variables(const Frame& frame, const Variables& written,
                                            std::size_t index) const {
  Variables variables;
  Variables known = written;
  if (frame.plan.rules.kind == "PyTorchJob") {
    for (auto& [name, value] :
         pytorch_variables(frame.job.object, frame.plan.rules, index, frame.rendezvous)) {
      known[name] = value;
    }
  } else if (frame.plan.rules.pods.is_indexed) {
    known.emplace("JOB_COMPLETION_INDEX", std::to_string(index));
  }
  for (const auto& [name, value] : known) {
    variables[name] = value;
    if (value.find('$') == std::string::npos) continue;
    Variables others = known;
    others.erase(name);
    variables[name] = expand_variables(value, others);
  }
  variables["KATIB_TRIAL_NAME"] = frame.job.trial_name;
  variables["MIMAR_TRIAL"] = frame.job.trial_name;
  variables["MIMAR_EXPERIMENT"] = frame.job.experiment_name;
  variables["MIMAR_TRIAL_DIR"] = frame.plan.directory.string();
  variables["MIMAR_METRICS_FD"] = std::to_string(kMetricsDescriptor);
  return variables;
}

Variables TrialPlanner::process_environment(const Variables& variables,
                                            ReplicaPlan* replica) const {
  Variables environment = context_.environment;
  for (const char* name : kThreadVariables) {
    environment.erase(name);
    if (replica != nullptr && !variables.contains(name)) {
      replica->thread_variables.emplace_back(name);
    }
  }
  for (const auto& [name, value] : variables) environment[name] = value;
  environment["PATH"] = search_path(context_.program_dir, environment);
  return environment;
}

/// The container of a Custom collector runs beside the replica.
void TrialPlanner::add_companion(const Frame& frame, std::size_t index, ReplicaPlan& replica) {
  const TrialJob& job = frame.job;
  const auto container = job.collector.source.find("customCollector");
  require(container != job.collector.source.end() && container->is_object(),
          "metricsCollectorSpec.collector.customCollector must be a container");
  const experiment::ContainerCommand command =
      experiment::container_command(job, *container, experiment::CommandForm::kExec);
  for (const std::string& warning : command.warnings) note_once(warning, frame.notes);
  const Variables variables = container_variables(frame, command.environment, index);
  const Variables environment = process_environment(variables, nullptr);
  agent::Companion& companion = replica.process.companion;
  for (const std::string& word : command.argv) {
    companion.argv.push_back(expand_variables(word, variables));
  }
  companion.program = find_program(companion.argv.front(), environment.at("PATH"));
  require(!companion.program.empty(),
          "metricsCollectorSpec.collector.customCollector: cannot find ", "the program \"",
          companion.argv.front(), "\" on this machine");
  companion.environment = as_list(environment);
}

std::shared_ptr<const agent::TextFilter> TrialPlanner::text_filter(const TrialJob& job) {
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

std::int64_t memory_need(const TrialPlan& plan) {
  if (plan.memory) return *plan.memory;
  std::int64_t sum = 0;
  // Where replicas take turns all of them are alike.
  const std::size_t count = std::min(plan.rules.most_running(), plan.replicas.size());
  for (std::size_t i = 0; i < count; ++i) sum += plan.replicas[i].memory.value_or(0);
  return sum;
}

Variables this_environment() {
  Variables variables;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

}  // namespace mimar::local
