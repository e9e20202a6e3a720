// Talks to a provider stand-in over real gRPC, as the engine does: check, diff, create, update, read, delete, invoke.
import grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb, {
  type CheckResponse,
  type CreateResponse,
  type DiffResponse,
  type InvokeResponse,
  type ReadResponse,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { fromStruct, startPlugin, toStruct } from "../../../../stacks/local/engine/plugin-server.ts";
import type { PropertyMap } from "../../../../stacks/local/engine/property-values.ts";

export type Target = { readonly type: string; readonly name: string };
export type Autonaming = { readonly mode: "propose" | "enforce" | "disable"; readonly name?: string };

/** Problems as `path: reason`. */
export type Checked = { readonly inputs: PropertyMap; readonly problems: readonly string[] };

export type ProviderClient = {
  configure(args: PropertyMap): Promise<void>;
  checkConfig(args: PropertyMap): Promise<Checked>;
  check(target: Target, news: PropertyMap, olds?: PropertyMap, naming?: Autonaming): Promise<Checked>;
  diff(target: Target, olds: PropertyMap, news: PropertyMap, state?: PropertyMap): Promise<DiffResponse>;
  create(
    target: Target,
    inputs: PropertyMap,
    preview: boolean,
  ): Promise<{ id: string; outputs: PropertyMap }>;
  update(target: Target, state: PropertyMap, news: PropertyMap, preview: boolean): Promise<PropertyMap>;
  read(target: Target, id: string, state: PropertyMap): Promise<string>;
  remove(target: Target): Promise<void>;
  invoke(token: string, args: PropertyMap): Promise<{ result: PropertyMap; problems: readonly string[] }>;
  close(): void;
};

function urnOf({ type, name }: Target): string {
  return `urn:pulumi:prod::p::${type}::${name}`;
}

type Call<Request, Response> = (
  request: Request,
  done: (error: grpc.ServiceError | null, response: Response) => void,
) => unknown;

function ask<Request, Response>(call: Call<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    call(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

export async function connectProvider(service: grpc.UntypedServiceImplementation): Promise<ProviderClient> {
  const { port, server } = await startPlugin(providerGrpc.ResourceProviderService, service);
  const client = new providerGrpc.ResourceProviderClient(
    `127.0.0.1:${port}`,
    grpc.credentials.createInsecure(),
  );
  return {
    ...questionsTo(client),
    ...operationsOf(client),
    close: () => {
      client.close();
      server.forceShutdown();
    },
  };
}

type Client = InstanceType<typeof providerGrpc.ResourceProviderClient>;

/** What the engine asks before it does anything. */
function questionsTo(
  client: Client,
): Pick<ProviderClient, "configure" | "checkConfig" | "check" | "diff" | "invoke"> {
  return {
    configure: async (args) => {
      const request = new providerPb.ConfigureRequest();
      request.setArgs(toStruct(args));
      await ask(client.configure.bind(client), request);
    },
    checkConfig: async (args) => {
      const request = new providerPb.CheckRequest();
      request.setNews(toStruct(args));
      return toChecked(await ask<typeof request, CheckResponse>(client.checkConfig.bind(client), request));
    },
    check: async (target, news, olds = {}, naming) => {
      const request = checkRequest(target, news, olds, naming);
      return toChecked(await ask<typeof request, CheckResponse>(client.check.bind(client), request));
    },
    diff: (target, olds, news, state = olds) => {
      const request = new providerPb.DiffRequest();
      request.setUrn(urnOf(target));
      request.setOldInputs(toStruct(olds));
      request.setOlds(toStruct(state));
      request.setNews(toStruct(news));
      return ask<typeof request, DiffResponse>(client.diff.bind(client), request);
    },
    invoke: async (token, args) => {
      const request = new providerPb.InvokeRequest();
      request.setTok(token);
      request.setArgs(toStruct(args));
      const response = await ask<typeof request, InvokeResponse>(client.invoke.bind(client), request);
      return { result: fromStruct(response.getReturn()), problems: toProblems(response) };
    },
  };
}

function operationsOf(client: Client): Pick<ProviderClient, "create" | "update" | "read" | "remove"> {
  return {
    create: async (target, inputs, preview) => {
      const request = new providerPb.CreateRequest();
      request.setUrn(urnOf(target));
      request.setProperties(toStruct(inputs));
      request.setPreview(preview);
      const response = await ask<typeof request, CreateResponse>(client.create.bind(client), request);
      return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
    },
    update: async (target, state, news, preview) => {
      const request = new providerPb.UpdateRequest();
      request.setUrn(urnOf(target));
      request.setOlds(toStruct(state));
      request.setNews(toStruct(news));
      request.setPreview(preview);
      const response = await ask<typeof request, UpdateResponse>(client.update.bind(client), request);
      return fromStruct(response.getProperties());
    },
    read: async (target, id, state) => {
      const request = new providerPb.ReadRequest();
      request.setUrn(urnOf(target));
      request.setId(id);
      request.setProperties(toStruct(state));
      return (await ask<typeof request, ReadResponse>(client.read.bind(client), request)).getId();
    },
    remove: async (target) => {
      const request = new providerPb.DeleteRequest();
      request.setUrn(urnOf(target));
      await ask(client.delete.bind(client), request);
    },
  };
}

function checkRequest(target: Target, news: PropertyMap, olds: PropertyMap, naming: Autonaming | undefined) {
  const request = new providerPb.CheckRequest();
  request.setUrn(urnOf(target));
  request.setNews(toStruct(news));
  request.setOlds(toStruct(olds));
  request.setRandomseed(new Uint8Array([1, 2, 3]));
  if (naming) {
    const options = new providerPb.CheckRequest.AutonamingOptions();
    const modes = providerPb.CheckRequest.AutonamingOptions.Mode;
    const mode = { propose: modes.PROPOSE, enforce: modes.ENFORCE, disable: modes.DISABLE }[naming.mode];
    options.setMode(mode);
    options.setProposedName(naming.name ?? "");
    request.setAutonaming(options);
  }
  return request;
}

function toChecked(response: CheckResponse): Checked {
  return { inputs: fromStruct(response.getInputs()), problems: toProblems(response) };
}

function toProblems(response: CheckResponse | InvokeResponse): string[] {
  return response.getFailuresList().map((one) => {
    const property = one.getProperty();
    return property === "" ? one.getReason() : `${property}: ${one.getReason()}`;
  });
}
