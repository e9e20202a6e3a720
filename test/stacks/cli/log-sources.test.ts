// Which logs a name stands for and the command that prints them.
import { expect, it } from "vitest";
import { type LogSource, sourcesOf, tailCommand } from "../../../stacks/cli/log-sources.ts";

const pod = (name: string): LogSource => ({
  kind: "pod",
  name,
  namespace: "rampa",
  kubeconfig: "/state/kubeconfig",
  context: "local",
  containers: ["main"],
});
const part: LogSource = { kind: "file", name: "kubelet", file: "/state/kubelet.log" };
const all = [pod("gateway-7f-a"), pod("gateway-7f-b"), pod("chat-1-0-0-x"), part];

it.each([
  [undefined, ["gateway-7f-a", "gateway-7f-b", "chat-1-0-0-x"]],
  ["gateway", ["gateway-7f-a", "gateway-7f-b"]],
  ["gateway-7f-b", ["gateway-7f-b"]],
  ["kubelet", ["kubelet"]],
  ["gate", []],
])("takes the name %j for %j", (name, names) => {
  expect(sourcesOf(all, name).map((source) => source.name)).toEqual(names);
});

it("follows a part's file over its rotation", () => {
  expect(tailCommand("/state/kubelet.log", { follow: true, lines: 5 })).toEqual([
    "tail",
    "-n",
    "5",
    "-F",
    "/state/kubelet.log",
  ]);
});
