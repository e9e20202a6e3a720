// Who reaches whom, on which protocol and port: a set of network policies asked pair by pair, by role.
import { z } from "zod";
import { findConnections, type Peer } from "./policy-analyser.ts";

export type Placed = { readonly role: string; readonly peer: Peer };

export type MatrixQuestion = {
  /** Path of the analyser's program. */
  readonly analyser: string;
  readonly policies: readonly unknown[];
  /** Several of one role are its replicas or ranges. */
  readonly placed: readonly Placed[];
  /** A connection counts where one of its ends is in a namespace that the policies are about. */
  readonly isJudged: (namespace: string) => boolean;
};

/** "from → to" → "PROTOCOL PORT, …"; asked at every port a policy names, beside it, and at both ends of the range. */
export async function readMatrix(question: MatrixQuestion): Promise<Record<string, string>> {
  const { analyser, policies, placed, isJudged } = question;
  const connections = await findConnections(analyser, {
    Policies: policies,
    Peers: placed.map(({ peer }) => peer),
    Protocols: ["TCP", "UDP", "SCTP"],
    Ports: portsToAsk(policies),
  });
  const counts = new Map<string, Map<string, number>>();
  const isInside = (place: number): boolean => isJudged(placed[place]?.peer.Internal?.Namespace ?? "");
  for (const { from, to, protocol, port } of connections.filter(
    (it) => isInside(it.from) || isInside(it.to),
  )) {
    const pair = `${placed[from]?.role} → ${placed[to]?.role}`;
    const found = counts.get(pair) ?? new Map<string, number>();
    const target = `${protocol} ${port}`;
    counts.set(pair, found.set(target, (found.get(target) ?? 0) + 1));
  }
  return Object.fromEntries(
    [...counts].map(([pair, targets]) => [
      pair,
      [...targets].map(([target, count]) => nameTarget(target, count, countPairs(placed, pair))).join(", "),
    ]),
  );
}

/** A path that only some replicas or ranges of a role have is told apart from one that all have. */
function nameTarget(target: string, count: number, all: number): string {
  return count === all ? target : `${target} (${count} of ${all})`;
}

function countPairs(placed: readonly Placed[], pair: string): number {
  const [from, to] = pair.split(" → ");
  const sources = placed.filter(({ role }) => role === from).length;
  const targets = placed.filter(({ role }) => role === to).length;
  return from === to ? sources * (targets - 1) : sources * targets;
}

/** Between two ports that policies name, one is judged as the other. */
function portsToAsk(policies: readonly unknown[]): readonly number[] {
  const named = new Set<number>([1, 65_535]);
  const visit = (value: unknown, key: string): void => {
    if (key === "port" || key === "endPort") {
      const port = z.int().parse(value);
      for (const near of [port - 1, port, port + 1]) named.add(near);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, each] of Object.entries(value)) visit(each, name);
    }
  };
  visit(policies, "");
  return [...named].toSorted((a, b) => a - b);
}
