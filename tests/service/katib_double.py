"""Mimar asks a Suggestion service in Python that has the quirks of Katib's.

usage: katib_double.py MIMAR SOURCE_DIR
"""
import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import grpc

import katib_proto

mimar, source = (pathlib.Path(argument) for argument in sys.argv[1:3])
api = katib_proto.load(source)

EXPERIMENT = """
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: double}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm:
    algorithmName: of-its-own
    endpoint: ENDPOINT
    algorithmSettings: [{name: mood, value: MOOD}]
  parallelTrialCount: 3
  maxTrialCount: 30
  maxFailedTrialCount: 30
  parameters:
    - {name: lr, parameterType: double, feasibleSpace: {min: "0.01", max: "100000", distribution: logUniform}}
    - {name: width, parameterType: double, feasibleSpace: {min: "0.1", max: "1", step: "0.2"}}
    - {name: layers, parameterType: int, feasibleSpace: {min: "1", max: "5"}}
    - {name: units, parameterType: discrete, feasibleSpace: {list: ["2", "4"]}}
    - {name: act, parameterType: categorical, feasibleSpace: {list: [relu, tanh]}}
  trialTemplate:
    commandForm: exec
    primaryContainerName: main
    trialParameters:
      - {name: lr, reference: lr}
      - {name: width, reference: width}
      - {name: layers, reference: layers}
      - {name: units, reference: units}
      - {name: act, reference: act}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - name: main
                image: none
                command:
                  - sh
                  - -c
                  - echo ${trialParameters.lr} ${trialParameters.width} ${trialParameters.units}
                    ${trialParameters.act}; [ ${trialParameters.layers} != 4 ] &&
                    echo loss=0.${trialParameters.layers}
            restartPolicy: Never
"""


class Suggestion:
    """Remembers what it has handed out by its texts, as Katib's services on Optuna do."""

    def __init__(self):
        self.handed_out = {}
        self.requests = []
        self.validated = []

    def proposal(self, number):
        # lr beyond its range, as from an unclipped normal distribution; width a multiple of its step
        # and not min plus one; a whole number with a point; a float as Python prints it.
        return {"lr": ["100000.0", "250000.0", "1e-05", "0.25"][number % 4],
                "width": str([0.2, 0.4, 0.6000000000000001, 1.2][number % 4]),
                "layers": str(float(number % 7)), "units": ["2", "4.0"][number % 2],
                "act": ["relu", "tanh"][number % 2]}

    def GetSuggestions(self, request, context):
        self.requests.append(request)
        mood = {s.name: s.value for s in request.experiment.spec.algorithm.algorithm_settings}["mood"]
        for trial in request.trials:
            texts = json.dumps([[one.name, one.value]
                                for one in trial.spec.parameter_assignments.assignments])
            assert texts in self.handed_out, f"Cannot find trial: {texts}"
        reply = api.GetSuggestionsReply()
        count = request.current_request_number
        count += {"few": -1, "many": 1}.get(mood, 0)
        for i in range(count):
            values = self.proposal(len(self.handed_out))
            if mood == "text":
                values["lr"] = "fast"
            if mood == "lacking":
                del values["act"]
            if mood == "more":
                values["colour"] = "red"
            if mood == "other":
                values["act"] = "gelu"
            texts = json.dumps([[name, value] for name, value in values.items()])
            self.handed_out[texts + " " * (texts in self.handed_out)] = len(self.handed_out)
            reply.parameter_assignments.add().assignments.extend(
                api.ParameterAssignment(name=name, value=value) for name, value in values.items())
        return reply

    def ValidateAlgorithmSettings(self, request, context):
        self.validated.append(request)
        mood = request.experiment.spec.algorithm.algorithm_settings[0].value
        if mood == "rejected":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "unknown setting mood")
        if mood == "unready":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "not written")
        if mood == "internal":
            context.abort(grpc.StatusCode.INTERNAL, "a bug that Katib takes for consent")
        return api.ValidateAlgorithmSettingsReply()


@contextlib.contextmanager
def serving(service):
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(10))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("api.v1.beta1.Suggestion", {
        name: grpc.unary_unary_rpc_method_handler(
            getattr(service, name), request_deserializer=getattr(api, name + "Request").FromString,
            response_serializer=lambda message: message.SerializeToString())
        for name in ("GetSuggestions", "ValidateAlgorithmSettings")}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0)


class Double(unittest.TestCase):
    def run_text(self, text):
        with tempfile.TemporaryDirectory() as state:
            file = pathlib.Path(state, "double.yaml")
            file.write_text(text)
            done = subprocess.run([mimar, "--state-dir", state, "-q", "run", file], text=True,
                                  capture_output=True, timeout=100)
            listed = subprocess.run([mimar, "--state-dir", state, "get", "trials", "-e", "double", "-o", "json"],
                                    text=True, capture_output=True, timeout=20)
            return done, json.loads(listed.stdout)["items"] if listed.stdout else []

    def run_experiment(self, mood, service=None):
        with serving(service or Suggestion()) as endpoint:
            return self.run_text(EXPERIMENT.replace("ENDPOINT", endpoint).replace("MOOD", mood))

    def test_thirty_trials(self):
        service = Suggestion()
        done, trials = self.run_experiment("fine", service)
        self.assertIn(done.returncode, (0, 5), done.stderr)
        self.assertEqual(len(trials), 30)
        self.assertEqual(len(service.validated), 1)
        for trial in trials:
            values = {one["name"]: one["value"] for one in trial["spec"]["parameterAssignments"]}
            self.assertTrue(0.01 <= float(values["lr"]) <= 100000, values)
            self.assertIn(round(float(values["width"]), 9), (0.1, 0.3, 0.5, 0.7, 0.9))
            self.assertIn(values["layers"], ("1", "2", "3", "4", "5"))
            self.assertIn(values["units"], ("2", "4"))
        last = service.requests[-1]
        spec = last.experiment.spec
        self.assertEqual(last.total_request_number, 30)
        self.assertEqual((last.experiment.name, spec.algorithm.algorithm_name), ("double", "of-its-own"))
        self.assertEqual((spec.max_trial_count, spec.parallel_trial_count), (30, 3))
        self.assertEqual([one.name for one in spec.parameter_specs.parameters],
                         ["lr", "width", "layers", "units", "act"])
        self.assertEqual(spec.parameter_specs.parameters[0].feasible_space.distribution,
                         api.LOG_UNIFORM)
        conditions = {one.status.condition for one in last.trials}
        self.assertLessEqual({api.TrialStatus.SUCCEEDED, api.TrialStatus.FAILED}, conditions)
        for one in last.trials:
            has_value = any(metric.name == "loss" for metric in one.status.observation.metrics)
            self.assertEqual(has_value, one.status.condition == api.TrialStatus.SUCCEEDED)

    def test_validation_by_katibs_rules(self):
        for mood in ("unready", "internal"):
            done, trials = self.run_experiment(mood)
            self.assertEqual(len(trials), 30, done.stderr)
        done, trials = self.run_experiment("rejected")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("unknown setting mood", done.stderr)
        self.assertEqual(trials, [])

    def test_answers_that_break_the_contract(self):
        for mood, words in (("few", "asked for 3 proposals it gave 2"),
                            ("many", "asked for 3 proposals it gave 4"),
                            ("text", 'lr must be a number, not "fast"'),
                            ("lacking", "a proposal lacks act"),
                            ("more", "a proposal has colour, which is no parameter"),
                            ("other", '"gelu" is none of the values of act')):
            with self.subTest(mood):
                done, trials = self.run_experiment(mood)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stderr)
                self.assertEqual(trials, [])

    def test_behind_mimars_own_service(self):
        with tempfile.TemporaryDirectory() as state:
            server = subprocess.Popen([mimar, "serve", "--katib", "--addr", "127.0.0.1:0", "--state-dir",
                                       state], stdout=subprocess.PIPE, text=True)
            address = server.stdout.readline().split()[-1]
            try:
                text = EXPERIMENT.replace("of-its-own", "tpe").replace("mood", "random_state")
                done, trials = self.run_text(text.replace("ENDPOINT", address).replace("MOOD", '"3"'))
            finally:
                server.terminate()
                server.wait(timeout=20)
                server.stdout.close()
            self.assertEqual(len(trials), 30, done.stderr)

    def test_endpoints_are_checked(self):
        for endpoint in ("nowhere", ":1", "host:0", "host:99999"):
            text = EXPERIMENT.replace("ENDPOINT", endpoint).replace("MOOD", "x")
            done = subprocess.run([mimar, "validate", "-"], input=text, text=True, capture_output=True,
                                  timeout=20)
            self.assertEqual(done.returncode, 2, endpoint)
            self.assertIn("an endpoint is HOST:PORT", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
