// Builds Kubernetes, CoreDNS and pause from their Go modules, in one module so that shared packages compile once.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../paths.ts";
import type { Progress } from "../progress.ts";
import { runCommand } from "./commands.ts";
import { withScratch } from "./scratch-folder.ts";
import { versions } from "./versions.ts";

const BUILD_DEADLINE_MS = 3_600_000;

/** The modules Kubernetes develops in its own tree: its go.mod names them v0.0.0, so each must be replaced. */
const STAGING = `api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider
  cluster-bootstrap code-generator component-base component-helpers controller-manager cri-api cri-client
  csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator
  kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission
  sample-apiserver`.split(/\s+/);

/** One program for all parts, told apart by the name it is called by: 130 MB instead of 370. */
const KUBE_SOURCE = `package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	parts := map[string]func() *cobra.Command{
		"kube-apiserver":          func() *cobra.Command { return apiserver.NewAPIServerCommand() },
		"kube-controller-manager": func() *cobra.Command { return controllermanager.NewControllerManagerCommand() },
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kube-proxy":              func() *cobra.Command { return proxy.NewProxyCommand() },
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
		"kubectl":                 func() *cobra.Command { return kubectl.NewDefaultKubectlCommand() },
	}
	part, known := parts[filepath.Base(os.Args[0])]
	if !known {
		os.Stderr.WriteString("unknown part " + os.Args[0] + "\\n")
		os.Exit(2)
	}
	os.Exit(cli.Run(part()))
}
`;

const DNS_PLUGINS = ["cache", "errors", "health", "kubernetes", "loadbalance", "ready"];

const DNS_SOURCE = `package main

import (
${DNS_PLUGINS.map((name) => `\t_ "github.com/coredns/coredns/plugin/${name}"`).join("\n")}

	"github.com/coredns/coredns/coremain"
)

func main() { coremain.Run() }
`;

/** Holds a pod's namespaces open until it is told to end. */
const PAUSE_SOURCE = `package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
}
`;

export type GoProgram = "kube" | "coredns" | "pause";

const SOURCES: Readonly<Record<GoProgram, string>> = {
  kube: KUBE_SOURCE,
  coredns: DNS_SOURCE,
  pause: PAUSE_SOURCE,
};

/** Builds `program` into `file` with the given Go; progress counts compiled packages. */
export async function buildGoProgram(
  go: string,
  program: GoProgram,
  build: { readonly file: string; readonly progress: Progress },
): Promise<void> {
  const directory = join(paths.cache, "cluster", `go-module-${versions.kubernetes}-${versions.coredns}`);
  writeModule(directory);
  const env = { ...process.env, GOFLAGS: "-mod=mod", CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOWORK: "off" };
  const options = { cwd: directory, env, deadlineMs: BUILD_DEADLINE_MS };
  const { progress } = build;
  progress.report(`${program}: fetching Go modules`);
  const list = await runCommand(go, ["list", "-deps", `./${program}`], {
    ...options,
    onLine: (line) => {
      if (line.startsWith("go: downloading")) progress.report(`${program}: ${line.slice("go: ".length)}`);
    },
  });
  const total = list.trim().split("\n").length;
  let compiled = 0;
  await withScratch(build.file, async (scratch) => {
    const built = join(scratch, program);
    const args = ["build", "-v", "-trimpath", "-ldflags", linkerFlags(program), "-o", built];
    await runCommand(go, [...args, `./${program}`], {
      ...options,
      onLine: () => {
        compiled += 1;
        progress.report(`building ${program} (${compiled} of ${total} packages)`);
      },
    });
    renameSync(built, build.file);
  });
}

function writeModule(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const staging = `0${versions.kubernetes.slice(1)}`;
  writeFileSync(
    join(directory, "go.mod"),
    [
      "module rampa.dev/node",
      "go 1.24.0",
      `require k8s.io/kubernetes v${versions.kubernetes}`,
      `require github.com/coredns/coredns v${versions.coredns}`,
      ...STAGING.map((name) => `replace k8s.io/${name} => k8s.io/${name} v${staging}`),
      "",
    ].join("\n"),
  );
  for (const [name, source] of Object.entries(SOURCES)) {
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, "main.go"), source);
  }
}

function linkerFlags(program: GoProgram): string {
  if (program !== "kube") return "-s -w";
  const [major, minor] = versions.kubernetes.split(".");
  const facts = {
    gitVersion: `v${versions.kubernetes}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
    gitCommit: `v${versions.kubernetes}`,
    buildDate: "2026-01-01T00:00:00Z",
  };
  const sets = Object.entries(facts).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ["-s -w", ...sets].join(" ");
}
