// Builds Cyclonus, an analyser of NetworkPolicies, and asks it which connections a set of policies lets through.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runCommand } from "../../../stacks/local/cluster/commands.ts";
import { ensureGoProgram } from "../../kit/go-program.ts";

const CYCLONUS = "v0.5.6";

/** Only carries the question to Cyclonus and its verdicts back; a field that Kubernetes does not know is an error. */
const SOURCE = `package main

import (
	"encoding/json"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

type question struct {
	Policies  []*networking.NetworkPolicy
	Peers     []*matcher.TrafficPeer
	Protocols []core.Protocol
	Ports     []int
}

type connection struct {
	From     int           \`json:"from"\`
	To       int           \`json:"to"\`
	Protocol core.Protocol \`json:"protocol"\`
	Port     int           \`json:"port"\`
}

func main() {
	var asked question
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		os.Stderr.WriteString(err.Error() + "\\n")
		os.Exit(1)
	}
	policy := matcher.BuildNetworkPolicies(false, asked.Policies)
	allowed := []connection{}
	for from, source := range asked.Peers {
		for to, destination := range asked.Peers {
			if from == to || (source.IsExternal() && destination.IsExternal()) {
				continue
			}
			for _, protocol := range asked.Protocols {
				for _, port := range asked.Ports {
					traffic := &matcher.Traffic{Source: source, Destination: destination, ResolvedPort: port, Protocol: protocol}
					if policy.IsTrafficAllowed(traffic).IsAllowed() {
						allowed = append(allowed, connection{from, to, protocol, port})
					}
				}
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(allowed); err != nil {
		os.Exit(1)
	}
}
`;

/** An address in the cluster (with what policies select it by) or outside. */
export type Peer = {
  readonly IP: string;
  readonly Internal?: {
    readonly Namespace: string;
    readonly NamespaceLabels: Readonly<Record<string, string>>;
    readonly PodLabels: Readonly<Record<string, string>>;
  };
};

export type Question = {
  /** NetworkPolicy objects as they would be applied. */
  readonly Policies: readonly unknown[];
  readonly Peers: readonly Peer[];
  readonly Protocols: readonly string[];
  readonly Ports: readonly number[];
};

const answer = z.array(
  z.strictObject({ from: z.int(), to: z.int(), protocol: z.enum(["TCP", "UDP", "SCTP"]), port: z.int() }),
);

/** A connection that is let through; `from` and `to` are places in `Question.Peers`. */
export type Connection = z.output<typeof answer>[number];

/** Path of the analyser; built once by version, later calls only look whether it is there. */
export async function ensureAnalyser(): Promise<string> {
  return await ensureGoProgram({
    name: "analyse-policies",
    modules: { "github.com/mattfenwick/cyclonus": CYCLONUS },
    main: { source: SOURCE },
  });
}

/** Every allowed connection between two different peers, of which at least one is a pod. */
export async function findConnections(analyser: string, question: Question): Promise<readonly Connection[]> {
  const directory = mkdtempSync(join(tmpdir(), "rampa-policies-"));
  const inputFile = join(directory, "question.json");
  try {
    writeFileSync(inputFile, JSON.stringify(question));
    return answer.parse(JSON.parse(await runCommand(analyser, [], { inputFile })));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
