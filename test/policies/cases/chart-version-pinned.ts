// Cases of chart-version-pinned.
import { RELEASE, releaseProps } from "../fixtures/manifests.ts";
import { LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const chart = (props: object, type = RELEASE) => [resource(type, { ...releaseProps, ...props })];
const unpinned = ["mandatory", "version: not one exact version"] as const;
const nowhere = [
  "mandatory",
  "repositoryOpts.repo: no repository over https, and the chart is no oci:// address",
] as const;

export const cases: RuleCases = {
  rule: "chart-version-pinned",
  pass: [
    { title: "one version", resources: chart({}) },
    ...["v1.2.3", "10.20.30-rc.1", "1.2.3+build.5"].map((version) => ({
      title: version,
      resources: chart({ version }),
    })),
    {
      title: "a chart by its whole address",
      resources: chart({ chart: "oci://registry.example.com/charts/keda", repositoryOpts: undefined }),
    },
    {
      title: "a chart by the address of its file",
      resources: chart({ chart: "https://charts.example.com/keda.tgz", repositoryOpts: {} }),
    },
    { title: "a folder of the project", resources: [resource(RELEASE, { chart: "./charts/own" })] },
    { title: "a folder above", resources: [resource(RELEASE, { chart: "../charts/own" })] },
    { title: "a folder of the machine", resources: [resource(RELEASE, { chart: "/charts/own" })] },
  ],
  fail: [
    { title: "no version", resources: chart({ version: undefined }), expected: [unpinned] },
    ...["^1.2.3", "1.2", "1.2.x", "latest", ">=1.2.3", "1.2.3 || 2.0.0", "x1.2.3"].map((version) => ({
      title: version,
      resources: chart({ version }),
      expected: [unpinned],
    })),
    {
      title: "a chart of the fourth kind",
      resources: chart({ version: "*" }, "kubernetes:helm.sh/v4:Chart"),
      expected: [unpinned],
    },
    {
      title: "unfinished releases",
      resources: chart({ devel: true }),
      expected: [["mandatory", "devel: takes releases that are not finished"]],
    },
    { title: "no repository", resources: chart({ repositoryOpts: undefined }), expected: [nowhere] },
    {
      title: "a repository in clear",
      resources: chart({ repositoryOpts: { repo: "http://charts.example.com" } }),
      expected: [nowhere],
    },
    {
      title: "a repository of this machine's configuration",
      resources: chart({ chart: "stable/keda", repositoryOpts: {} }),
      expected: [nowhere],
    },
  ],
  unknown: [
    {
      title: "the version",
      resources: chart({ version: UNKNOWN_TEXT }),
      expected: [["advisory", `version: ${LATER}`]],
    },
    {
      title: "the chart",
      resources: chart({ chart: UNKNOWN_TEXT }),
      expected: [["advisory", `chart: ${LATER}`]],
    },
    {
      title: "the repository",
      resources: chart({ repositoryOpts: { repo: UNKNOWN_TEXT } }),
      expected: [["advisory", `repositoryOpts.repo: ${LATER}`]],
    },
  ],
};
