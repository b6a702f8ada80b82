"""Katib's services as a Python client sees them, through grpcio and Katib's proto.

usage: katib_client.py MIMAR SOURCE_DIR
"""
import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import grpc

import katib_proto

mimar, source = (pathlib.Path(argument) for argument in sys.argv[1:3])
api = katib_proto.load(source)

METHODS = {
    "Suggestion": ["GetSuggestions", "ValidateAlgorithmSettings"],
    "EarlyStopping": ["GetEarlyStoppingRules", "SetTrialStatus", "ValidateEarlyStoppingSettings"],
    "DBManager": ["ReportObservationLog", "GetObservationLog", "DeleteObservationLog"],
}


class Client:
    """All methods of Katib's services, by their names."""

    def __init__(self, address):
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self.address = address
        self.channel = grpc.insecure_channel(address, options)
        for service, methods in METHODS.items():
            for method in methods:
                call = self.channel.unary_unary(
                    f"/api.v1.beta1.{service}/{method}",
                    request_serializer=lambda message: message.SerializeToString(),
                    response_deserializer=getattr(api, method + "Reply").FromString)
                setattr(self, method, call)

    def health(self, service):
        # grpc.health.v1 by hand: field 1 of the request is the name, of the answer the status.
        name = service.encode()
        answer = self.channel.unary_unary("/grpc.health.v1.Health/Check")(
            b"\n" + bytes([len(name)]) + name if name else b"")
        return answer == b"\x08\x01"


@contextlib.contextmanager
def server(state):
    program = subprocess.Popen([mimar, "serve", "--katib", "--addr", "127.0.0.1:0", "--state-dir", state],
                               stdout=subprocess.PIPE, text=True)
    try:
        yield Client(program.stdout.readline().split()[-1])
    finally:
        program.terminate()
        assert program.wait(timeout=20) == 0
        program.stdout.close()


def parameter(name, kind, step="", values=(), low="", high="", distribution=0):
    return api.ParameterSpec(name=name, parameter_type=kind, feasible_space=api.FeasibleSpace(
        min=low, max=high, step=step, list=values, distribution=distribution))


def flat_space():
    """All of Katib's kinds of parameters."""
    return [parameter("lr", api.DOUBLE, low="0.001", high="0.1", step="0.001"),
            parameter("layers", api.INT, low="1", high="5"),
            parameter("units", api.DISCRETE, values=["32", "64"]),
            parameter("optimizer", api.CATEGORICAL, values=["sgd", "adam"])]


def experiment(algorithm, settings=(), parameters=None, nas=None, parallel=3, most=12, name="test"):
    spec = api.ExperimentSpec(
        objective=api.ObjectiveSpec(type=api.MAXIMIZE, goal=0.99, objective_metric_name="accuracy",
                                    additional_metric_names=["loss"]),
        algorithm=api.AlgorithmSpec(algorithm_name=algorithm, algorithm_settings=[
            api.AlgorithmSetting(name=name, value=value) for name, value in settings]),
        parallel_trial_count=parallel, max_trial_count=most)
    if nas is None:
        spec.parameter_specs.parameters.extend(flat_space() if parameters is None else parameters)
    else:
        spec.nas_config.CopyFrom(nas)
    return api.Experiment(name=name, spec=spec)


def operation(kind, *parameters):
    return api.Operation(operation_type=kind,
                         parameter_specs=api.Operation.ParameterSpecs(parameters=parameters))


def enas_space():
    sizes = parameter("filter_size", api.CATEGORICAL, values=["3", "5"])
    filters = parameter("num_filter", api.CATEGORICAL, values=["32", "64"])
    return api.NasConfig(
        graph_config=api.GraphConfig(num_layers=4, input_sizes=[32, 32, 3], output_sizes=[10]),
        operations=api.NasConfig.Operations(operation=[
            operation("convolution", sizes, filters),
            operation("reduction", parameter("reduction_type", api.CATEGORICAL,
                                             values=["max_pooling", "avg_pooling"]),
                      parameter("pool_size", api.INT, low="2", high="3", step="1"))]))


def darts_space():
    sizes = parameter("filter_size", api.CATEGORICAL, values=["3", "5"])
    return api.NasConfig(
        graph_config=api.GraphConfig(num_layers=3),
        operations=api.NasConfig.Operations(operation=[
            operation("separable_convolution", sizes), operation("max_pooling", parameter(
                "filter_size", api.CATEGORICAL, values=["3"])),
            operation("skip_connection", parameter("filter_size", api.CATEGORICAL, values=["3"]))]))


def trial(name, assignments, condition=api.TrialStatus.SUCCEEDED, accuracy="", minute=0):
    status = api.TrialStatus(condition=condition, start_time=f"2026-11-24T10:{minute:02}:00Z")
    if condition not in (api.TrialStatus.CREATED, api.TrialStatus.RUNNING):
        status.completion_time = f"2026-11-24T10:{minute:02}:30Z"
    if accuracy:
        status.observation.metrics.append(api.Metric(name="accuracy", value=accuracy))
    return api.Trial(name=name, status=status, spec=api.TrialSpec(
        parameter_assignments=api.TrialSpec.ParameterAssignments(assignments=assignments)))


def request(an_experiment, trials=(), count=2, handed_out=None):
    handed_out = len(trials) if handed_out is None else handed_out
    return api.GetSuggestionsRequest(experiment=an_experiment, trials=trials,
                                     current_request_number=count,
                                     total_request_number=handed_out + count)


def as_dicts(reply):
    return [{one.name: one.value for one in proposal.assignments}
            for proposal in reply.parameter_assignments]


def search(client, an_experiment, rounds=4, count=3):
    """Plays Katib's controller: every proposal becomes a trial that succeeds."""
    trials, all_proposals = [], []
    for _ in range(rounds):
        reply = client.GetSuggestions(request(an_experiment, trials, count))
        for proposal in reply.parameter_assignments:
            number = len(trials)
            trials.append(trial(f"t-{number}", proposal.assignments, minute=number,
                                accuracy=str(0.5 + 0.01 * ((7 * number) % 11))))
        all_proposals += as_dicts(reply)
    return all_proposals


class Case(unittest.TestCase):
    def setUp(self):
        self.state = tempfile.TemporaryDirectory(prefix="mimar-state-")
        self.addCleanup(self.state.cleanup)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.client = stack.enter_context(server(self.state.name))

    def fails(self, call, message, code=grpc.StatusCode.INVALID_ARGUMENT):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual((caught.exception.code(), caught.exception.details()), (code, message))


class Suggestions(Case):
    FLAT = ["random", "tpe", "multivariate-tpe", "grid", "sobol"]

    def check_flat(self, proposals):
        for one in proposals:
            self.assertEqual(list(one), ["lr", "layers", "units", "optimizer"])
            self.assertTrue(0.001 <= float(one["lr"]) <= 0.1, one)
            self.assertIn(int(one["layers"]), range(1, 6))
            self.assertIn(one["units"], ["32", "64"])
            self.assertIn(one["optimizer"], ["sgd", "adam"])

    def test_every_algorithm_searches(self):
        for algorithm in self.FLAT + ["evolution"]:
            with self.subTest(algorithm):
                proposals = search(self.client, experiment(algorithm))
                self.assertEqual(len(proposals), 12)
                self.check_flat(proposals)
                self.assertEqual(len({json.dumps(one) for one in proposals}), 12)

    def test_answers_depend_on_the_request_alone(self):
        for algorithm in ("random", "tpe", "multivariate-tpe", "grid", "sobol"):
            with self.subTest(algorithm), tempfile.TemporaryDirectory() as other_state:
                first = search(self.client, experiment(algorithm))
                with server(other_state) as other:
                    self.assertEqual(search(other, experiment(algorithm)), first)
                self.assertEqual(search(self.client, experiment(algorithm)), first)

    def test_seeds_count(self):
        first = search(self.client, experiment("random", [("random_state", "1")]), rounds=1)
        second = search(self.client, experiment("random", [("random_state", "2")]), rounds=1)
        self.assertNotEqual(first, second)
        elsewhere = search(self.client, experiment("random", name="other"), rounds=1)
        self.assertNotEqual(search(self.client, experiment("random"), rounds=1), elsewhere)

    def test_suggestions_that_are_no_trials_yet_are_not_given_twice(self):
        for algorithm in self.FLAT:
            with self.subTest(algorithm):
                first = as_dicts(self.client.GetSuggestions(request(experiment(algorithm), count=3)))
                later = as_dicts(self.client.GetSuggestions(
                    request(experiment(algorithm), count=3, handed_out=3)))
                self.assertEqual(len({json.dumps(one) for one in first + later}), 6)

    def test_a_used_up_space_still_fills_the_request(self):
        small = [parameter("a", api.CATEGORICAL, values=["x", "y"])]
        for algorithm in ("random", "grid"):
            reply = self.client.GetSuggestions(
                request(experiment(algorithm, parameters=small, most=2), count=5))
            self.assertEqual(len(reply.parameter_assignments), 5)
            self.assertEqual({one["a"] for one in as_dicts(reply)}, {"x", "y"})

    def test_trials_in_every_condition_are_taken(self):
        space = [parameter("x", api.DOUBLE, low="0", high="1")]
        value = [api.ParameterAssignment(name="x", value="0.5")]
        trials = [trial(f"t-{i}", value, condition, "0.5" if condition in (2, 6) else "", i)
                  for i, condition in enumerate(api.TrialStatus.TrialConditionType.values())]
        trials.append(trial("text", value, accuracy="none of a number", minute=20))
        trials.append(trial("outside", [api.ParameterAssignment(name="x", value="7")], minute=21))
        trials.append(trial("alien", [api.ParameterAssignment(name="y", value="7")], minute=22))
        trials.append(trial("nan", value, accuracy="nan", minute=23))
        trials.append(api.Trial(name="bare"))
        for algorithm in ("random", "tpe", "multivariate-tpe", "sobol"):
            reply = self.client.GetSuggestions(
                request(experiment(algorithm, parameters=space), trials))
            self.assertEqual(len(reply.parameter_assignments), 2)

    def test_tpe_finds_the_better_half(self):
        space = [parameter("x", api.DOUBLE, low="0", high="1")]
        trials = [trial(f"t-{i}", [api.ParameterAssignment(name="x", value=str(i / 40))], minute=i,
                        accuracy=str(-((i / 40 - 0.8) ** 2))) for i in range(40)]
        reply = self.client.GetSuggestions(request(
            experiment("tpe", parameters=space, most=100), trials, count=10))
        values = [float(one["x"]) for one in as_dicts(reply)]
        self.assertGreater(sum(0.6 < value < 1.0 for value in values), 7, values)

    def test_large_requests_are_taken(self):
        assignments = [api.ParameterAssignment(name=name, value=value) for name, value in
                       (("lr", "0.002"), ("layers", "2"), ("units", "32"), ("optimizer", "sgd"))]
        trials = [trial(f"a-trial-with-a-rather-long-name-{i:06}", assignments, accuracy="0.5",
                        minute=i % 60) for i in range(40000)]
        large = request(experiment("random"), trials)
        self.assertGreater(large.ByteSize(), 4 << 20)
        self.assertEqual(len(self.client.GetSuggestions(large).parameter_assignments), 2)

    def test_calls_side_by_side(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(
                lambda i: as_dicts(self.client.GetSuggestions(
                    request(experiment("tpe", name=f"exp-{i % 4}")))), range(32)))
        for i, reply in enumerate(replies):
            self.assertEqual(reply, replies[i % 4])

    def test_enas_speaks_katibs_strings(self):
        if not (mimar.parent / "mimar-controller").exists():
            self.skipTest("built without LibTorch")
        proposals = search(self.client, experiment("enas", nas=enas_space()), rounds=3, count=2)
        self.assertEqual(len(proposals), 6)
        for one in proposals:
            self.assertEqual(list(one), ["architecture", "nn_config"])
            layers = json.loads(one["architecture"].replace("'", '"'))
            self.assertEqual([len(layer) for layer in layers], [1, 2, 3, 4])
            config = json.loads(one["nn_config"].replace("'", '"'))
            self.assertEqual(list(config), ["num_layers", "input_sizes", "output_sizes", "embedding"])
            self.assertEqual(config["num_layers"], 4)
            self.assertEqual(set(config["embedding"]), {str(layer[0]) for layer in layers})
            for key, entry in config["embedding"].items():
                self.assertEqual(list(entry), ["opt_id", "opt_type", "opt_params"])
                self.assertEqual(str(entry["opt_id"]), key)
        again = search(self.client, experiment("enas", nas=enas_space()), rounds=3, count=2)
        self.assertEqual(again, proposals)

    def test_darts_speaks_katibs_strings(self):
        settings = [("num_epochs", "3"), ("num_nodes", "2")]
        proposals = search(self.client, experiment("darts", settings, nas=darts_space()), rounds=2,
                           count=1)
        for one in proposals:
            self.assertEqual(list(one), ["algorithm-settings", "search-space", "num-layers"])
            self.assertEqual(json.loads(one["search-space"].replace("'", '"')),
                             ["separable_convolution_3x3", "separable_convolution_5x5",
                              "max_pooling_3x3", "skip_connection"])
            self.assertEqual(one["num-layers"], "3")
            all_settings = json.loads(one["algorithm-settings"].replace("'", '"'))
            self.assertEqual(all_settings["num_epochs"], "3")
            self.assertEqual(all_settings["w_momentum"], 0.9)

    def test_request_numbers_are_checked(self):
        for count in (0, -1, 10001):
            self.fails(lambda: self.client.GetSuggestions(request(experiment("random"), count=count)),
                       f"current_request_number must be from 1 to 10000: {count}")


class Validation(Case):
    def check(self, message, *arguments, **named):
        a_request = api.ValidateAlgorithmSettingsRequest(experiment=experiment(*arguments, **named))
        if message is None:
            self.client.ValidateAlgorithmSettings(a_request)
        else:
            self.fails(lambda: self.client.ValidateAlgorithmSettings(a_request), message)

    def test_right_settings(self):
        self.check(None, "random", [("random_state", "10")])
        self.check(None, "tpe", [("random_state", "10"), ("gamma", "0.25"), ("prior_weight", "1.1"),
                                 ("n_EI_candidates", "24")])
        self.check(None, "multivariate-tpe", [("n_startup_trials", "5"), ("n_ei_candidates", "24"),
                                              ("random_state", "71")])
        self.check(None, "grid")
        self.check(None, "sobol")

    def test_katibs_texts(self):
        not_negative = "random_state should be great or equal than zero"
        self.check("unknown algorithm name bogus", "bogus")
        self.check("unknown setting bogus for algorithm random", "random", [("bogus", "1")])
        self.check(not_negative, "random", [("random_state", "-1")])
        self.check("gamma should be in the range of (0, 1)", "tpe", [("gamma", "1.5")])
        self.check("n_EI_candidates should be great than zero", "tpe", [("n_EI_candidates", "0")])
        self.check("prior_weight should be great than zero", "tpe", [("prior_weight", "-1")])
        self.check("unknown setting gama for algorithm tpe", "tpe", [("gama", "0.2")])
        self.check(not_negative, "multivariate-tpe", [("random_state", "-1")])
        self.check(not_negative, "grid", [("random_state", "-1")])
        self.check("Unknown Algorithm Setting name: bogus", "enas", [("bogus", "1")], nas=enas_space())

    def test_grids_are_large_enough(self):
        small = [parameter("a", api.CATEGORICAL, values=["x", "y"]),
                 parameter("b", api.INT, low="1", high="3")]
        self.check("Max Trial Count: 7 > all possible search combinations: 6", "grid",
                   parameters=small, most=7)
        self.check(None, "grid", parameters=small, most=6)

    def test_other_faults_name_their_place(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.ValidateAlgorithmSettings(api.ValidateAlgorithmSettingsRequest(
                experiment=experiment("random", parameters=[
                    parameter("x", api.DOUBLE, low="2", high="1")])))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("spec.parameters[0].feasibleSpace", caught.exception.details())


class DbManager(Case):
    def report(self, name, entries):
        self.client.ReportObservationLog(api.ReportObservationLogRequest(
            trial_name=name, observation_log=api.ObservationLog(metric_logs=[
                api.MetricLog(time_stamp=time, metric=api.Metric(name=metric, value=value))
                for time, metric, value in entries])))

    def get(self, name, **filters):
        reply = self.client.GetObservationLog(api.GetObservationLogRequest(trial_name=name, **filters))
        return [(one.time_stamp, one.metric.name, one.metric.value)
                for one in reply.observation_log.metric_logs]

    def test_keeps_what_is_reported(self):
        entries = [("2026-11-24T10:00:02Z", "loss", "0.5"),
                   ("2026-11-24T12:00:01+02:00", "loss", "0.75"),
                   ("2026-11-24T10:00:02.25Z", "accuracy", "nan"),
                   ("", "loss", "passed over")]
        self.report("t", entries)
        self.report("u", entries[:1])
        in_order = [("2026-11-24T10:00:01Z", "loss", "0.75"), ("2026-11-24T10:00:02Z", "loss", "0.5"),
                    ("2026-11-24T10:00:02.25Z", "accuracy", "nan")]
        self.assertEqual(self.get("t"), in_order)
        self.assertEqual(self.get("t", metric_name="loss"), in_order[:2])
        self.assertEqual(self.get("t", start_time="2026-11-24T10:00:02Z"), in_order[1:])
        self.assertEqual(self.get("t", end_time="2026-11-24T10:00:02Z"), in_order[:2])
        self.client.DeleteObservationLog(api.DeleteObservationLogRequest(trial_name="t"))
        self.assertEqual(self.get("t"), [])
        self.assertEqual(len(self.get("u")), 1)

    def test_survives_a_restart(self):
        self.report("t", [("2026-11-24T10:00:02Z", "loss", "0.5")])
        with server(self.state.name) as other:
            self.client = other
            self.assertEqual(len(self.get("t")), 1)

    def test_takes_more_than_katibs_16383_points(self):
        self.report("t", [("2026-11-24T10:00:02Z", "loss", str(i)) for i in range(100000)])
        self.assertEqual([value for _, _, value in self.get("t")], [str(i) for i in range(100000)])

    def test_a_bad_time_stores_nothing(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.report("t", [("2026-11-24T10:00:02Z", "loss", "1"), ("yesterday", "loss", "2")])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(self.get("t"), [])

    def test_an_empty_report_is_one(self):
        self.report("t", [])
        self.assertEqual(self.get("t"), [])


class EarlyStopping(Case):
    def rules(self, settings=(), kind=api.MAXIMIZE, trials=()):
        an_experiment = experiment("random")
        an_experiment.spec.objective.type = kind
        an_experiment.spec.early_stopping.CopyFrom(self.spec(settings))
        reply = self.client.GetEarlyStoppingRules(api.GetEarlyStoppingRulesRequest(
            experiment=an_experiment, trials=trials, db_manager_address=self.client.address))
        return [(one.name, float(one.value), one.comparison, one.start_step)
                for one in reply.early_stopping_rules]

    @staticmethod
    def spec(settings, name="medianstop"):
        return api.EarlyStoppingSpec(algorithm_name=name, algorithm_settings=[
            api.EarlyStoppingSetting(name=name, value=value) for name, value in settings])

    def trials(self):
        """Averages of the first two values: 1, 2, 6; then what must not count."""
        trials = []
        for i, values in enumerate(([0, 2, 50], [1, 3, 50], [5, 7, 50], [9, 9, 9])):
            name = f"t-{i}"
            DbManager.report(self, name, [(f"2026-11-24T10:00:0{step}Z", "accuracy", str(value))
                                          for step, value in enumerate(values)])
            trials.append(trial(name, [], accuracy="1", minute=i))
        trials[3].status.condition = api.TrialStatus.EARLYSTOPPED
        return trials

    def test_the_threshold_is_a_median(self):
        trials = self.trials()
        settings = [("start_step", "2")]
        self.assertEqual(self.rules(settings, trials=trials), [("accuracy", 2.0, api.LESS, 2)])
        self.assertEqual(self.rules(settings, api.MINIMIZE, trials),
                         [("accuracy", 2.0, api.GREATER, 2)])
        self.assertEqual(self.rules(settings + [("statistic", "mean")], trials=trials),
                         [("accuracy", 3.0, api.LESS, 2)])
        self.assertEqual(self.rules(settings + [("min_trials_required", "4")], trials=trials), [])
        self.assertEqual(self.rules(settings), [])

    def test_katibs_texts(self):
        for message, settings, name in (
                ("min_trials_required must be greater than zero (>0)", [("min_trials_required", "0")],
                 "medianstop"),
                ("start_step must be greater or equal than one (>=1)", [("start_step", "0")],
                 "medianstop"),
                ("unknown setting bogus for algorithm medianstop", [("bogus", "1")], "medianstop"),
                ("unknown algorithm name bogus", [], "bogus")):
            self.fails(lambda: self.client.ValidateEarlyStoppingSettings(
                api.ValidateEarlyStoppingSettingsRequest(early_stopping=self.spec(settings, name))),
                message)

    def test_says_that_it_has_no_cluster(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.SetTrialStatus(api.SetTrialStatusRequest(trial_name="t"))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)


class Server(Case):
    def test_health_by_the_names_of_katibs_probes(self):
        for name in ("", "manager.v1beta1.Suggestion", "api.v1.beta1.Suggestion",
                     "api.v1.beta1.EarlyStopping", "api.v1.beta1.DBManager", "grpc.health.v1.Health"):
            self.assertTrue(self.client.health(name), name)
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.health("bogus")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_a_signal_ends_it_at_once_though_clients_are_there(self):
        with tempfile.TemporaryDirectory() as state, server(state) as other:
            self.assertTrue(other.health(""))
            began = time.monotonic()
        self.assertLess(time.monotonic() - began, 4)

    def test_a_port_that_is_taken(self):
        done = subprocess.run([mimar, "serve", "--katib", "--addr", self.client.address, "--state-dir",
                               self.state.name], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen at {self.client.address}", done.stderr)

    def test_says_what_it_wants(self):
        for arguments in ([], ["--katib", "--addr", "nowhere"]):
            done = subprocess.run([mimar, "serve", *arguments], capture_output=True, text=True,
                                  timeout=20)
            self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
