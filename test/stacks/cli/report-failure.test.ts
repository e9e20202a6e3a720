// Exit codes and words for every kind of failure a verb can end with.
import { expect, it } from "vitest";
import { ConfigError } from "../../../serving/contract/config-error.ts";
import { CliError } from "../../../stacks/cli/cli-error.ts";
import { reportFailure } from "../../../stacks/cli/report-failure.ts";
import { ClusterError } from "../../../stacks/local/cluster/cluster-error.ts";

it("gives a configuration error exit code 2, the file, every problem and the next command", () => {
  const problems = [
    { path: "rampa:owner", got: "nothing", want: "a team" },
    { path: "rampa:local.gatewayPort", got: '"x"', want: "a port" },
  ];
  const report = reportFailure(new ConfigError("stacks/Pulumi.local.yaml", problems, "npm run up"));
  expect(report.exitCode).toBe(2);
  expect(report.text).toContain("stacks/Pulumi.local.yaml: 2 problems");
  expect(report.text).toContain('rampa:local.gatewayPort: got "x", want a port');
  expect(report.json.error).toMatchObject({ code: "config.invalid", next: "npm run up", problems });
});

it("gives wrong usage exit code 2", () => {
  expect(reportFailure(new CliError("cli.usage", "--model: got x", "rampa status")).exitCode).toBe(2);
});

it("gives an expected failure of an area exit code 1, its code and all its problems", () => {
  const problem = { code: "cluster.disk", message: "1 GiB free", next: "free some space" };
  const report = reportFailure(new ClusterError([problem]));
  expect(report.exitCode).toBe(1);
  expect(report.text).toBe("cluster.disk: 1 GiB free\n  Next: free some space");
  expect(report.json.error).toMatchObject({
    code: "cluster.disk",
    next: "free some space",
    problems: [problem],
  });
});

it("shows the stack of a fault of ours, but not in JSON", () => {
  const report = reportFailure(new TypeError("x is undefined"));
  expect(report.exitCode).toBe(1);
  expect(report.text).toContain("report-failure.test.ts");
  expect(report.json).toEqual({ error: { code: "bug.unexpected", message: "x is undefined" } });
});

it("does not take a system error's code for one of ours", () => {
  const error = Object.assign(new Error("open failed"), { code: "ENOENT" });
  expect(reportFailure(error).json.error.code).toBe("bug.unexpected");
});
