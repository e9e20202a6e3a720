// Stand-in for `pulumi-language-nodejs`: runs the program with this very Node, type stripping included.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type grpc from "@grpc/grpc-js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languagePb, {
  type AboutResponse,
  type GetProgramDependenciesRequest,
  type GetProgramDependenciesResponse,
  type GetRequiredPackagesResponse,
  type GetRequiredPluginsResponse,
  type InstallDependenciesRequest,
  type InstallDependenciesResponse,
  type LanguageHandshakeResponse,
  type RunRequest,
  type RunResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import pluginPb, { type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import pulumiVersion from "@pulumi/pulumi/version.js";
import emptyPb, { type Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { servePlugin, unary, unimplemented } from "./plugin-server.ts";

/** By this exit status the SDK says that the user has already been told what is wrong. */
const ALREADY_REPORTED = 32;

const require = createRequire(import.meta.url);

export type HostPlace = { readonly engine: string; readonly root: string };

/** The engine passes `-option=value` flags and, last, its own address. */
export function hostPlace(args: readonly string[]): HostPlace {
  const root = args.find((arg) => arg.startsWith("-root="))?.slice("-root=".length);
  return { engine: args.at(-1) ?? "", root: root ?? process.cwd() };
}

/** The command line of the SDK's own program runner for this request. */
export function runnerArguments(request: RunRequest, place: HostPlace): string[] {
  const flags: [string, string][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", place.engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", place.root],
    ["stack", request.getStack()],
    ["pwd", request.getPwd()],
    ["parallel", String(request.getParallel())],
  ];
  const given = flags.filter(([, value]) => value !== "").flatMap(([name, value]) => [`--${name}`, value]);
  const dryRun = request.getDryrun() ? ["--dry-run"] : [];
  const entry = request.getInfo()?.getEntryPoint() || request.getProgram() || ".";
  return [...given, ...dryRun, entry, ...request.getArgsList()];
}

/** The environment in which the SDK finds the stack's config. */
export function runnerEnvironment(request: RunRequest): Record<string, string> {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}

/** How the runner's end is told to the engine. */
export function runResponse(status: number | string): RunResponse {
  const response = new languagePb.RunResponse();
  if (status === 0) return response;
  if (status === ALREADY_REPORTED) response.setBail(true);
  else
    response.setError(`the program ended with ${typeof status === "number" ? `status ${status}` : status}`);
  return response;
}

/** Programs now running, so that they end when the engine cancels. */
const programs = new Set<number>();

async function run(request: RunRequest, place: HostPlace): Promise<RunResponse> {
  const runner = require.resolve("@pulumi/pulumi/cmd/run");
  const args = ["--disable-warning=ExperimentalWarning", runner, ...runnerArguments(request, place)];
  const child = spawn(process.execPath, args, {
    cwd: request.getPwd() || place.root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...runnerEnvironment(request) },
  });
  const pid = child.pid ?? 0;
  programs.add(pid);
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  const status = await new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal ?? "no status"));
  });
  programs.delete(pid);
  return runResponse(status);
}

function cancel(): Empty {
  for (const pid of programs) {
    if (pid > 0) process.kill(pid, "SIGTERM");
  }
  return new emptyPb.Empty();
}

function about(): AboutResponse {
  const response = new languagePb.AboutResponse();
  response.setExecutable(process.execPath);
  response.setVersion(process.version);
  return response;
}

type Manifest = { readonly dependencies?: Readonly<Record<string, string>> };

function programDependencies(
  request: GetProgramDependenciesRequest,
  place: HostPlace,
): GetProgramDependenciesResponse {
  const root = request.getInfo()?.getRootDirectory() || place.root;
  // package.json of a checkout whose dependencies npm has installed: npm has accepted its shape.
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const response = new languagePb.GetProgramDependenciesResponse();
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    const dependency = new languagePb.DependencyInfo();
    dependency.setName(name);
    dependency.setVersion(version);
    response.addDependencies(dependency);
  }
  return response;
}

/** Dependencies are installed by the checkout's bootstrap; saying so beats failing `pulumi install`. */
function installDependencies(
  call: grpc.ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>,
): void {
  const response = new languagePb.InstallDependenciesResponse();
  response.setStdout(Buffer.from("npm dependencies are installed by `npm run up`\n"));
  call.write(response);
  call.end();
}

function pluginInfo(): PluginInfo {
  const info = new pluginPb.PluginInfo();
  info.setVersion(pulumiVersion.version);
  return info;
}

/** The service's methods; what is left out concerns code generation, which no stack here uses. */
export function languageHost(place: HostPlace): grpc.UntypedServiceImplementation {
  return {
    handshake: unary((): LanguageHandshakeResponse => new languagePb.LanguageHandshakeResponse()),
    getRequiredPlugins: unary((): GetRequiredPluginsResponse => new languagePb.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(
      (): GetRequiredPackagesResponse => new languagePb.GetRequiredPackagesResponse(),
    ),
    run: unary((request: RunRequest) => run(request, place)),
    getPluginInfo: unary(pluginInfo),
    about: unary(about),
    getProgramDependencies: unary((request: GetProgramDependenciesRequest) =>
      programDependencies(request, place),
    ),
    installDependencies,
    cancel: unary(cancel),
    runPlugin: unimplemented("RunPlugin"),
  };
}

/** A program must not outlive its host: without an engine it could only wait. */
function endPrograms(): void {
  for (const pid of programs) {
    if (pid > 0) process.kill(pid, "SIGKILL");
  }
}

if (import.meta.main) {
  process.once("exit", endPrograms);
  await servePlugin(languageGrpc.LanguageRuntimeService, languageHost(hostPlace(process.argv.slice(2))));
}
