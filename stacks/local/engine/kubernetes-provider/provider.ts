// The Kubernetes stand-in's gRPC methods: each reads its request, calls one operation and writes the answer.
import grpc from "@grpc/grpc-js";
import providerPb, {
  type CheckRequest,
  type CheckResponse,
  type ConfigureRequest,
  type ConfigureResponse,
  type CreateRequest,
  type CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  type DiffResponse,
  type ReadRequest,
  type ReadResponse,
  type UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import emptyPb, { type Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { type EngineLog, fromStruct, GrpcFault, toStruct, unary } from "../plugin-server.ts";
import { isEqual, isUnknown, type PropertyMap, stringAt, unwrapMap, valueAt } from "../property-values.ts";
import { checkResponse, diffResponse, providerBase } from "../provider-messages.ts";
import type { StandInWorld } from "../stand-in-world.ts";
import { createApiClient, loadKubeconfig } from "./api-client.ts";
import { ApiUnreachable } from "./api-fault.ts";
import { type ClusterAccess, createClusterAccess } from "./cluster-access.ts";
import { compareInputs } from "./difference.ts";
import { createDiscovery } from "./discovery.ts";
import { withNames } from "./named-inputs.ts";
import { fromId, kindOf, kindOfUrn, type ObjectRef, refusalOf } from "./object-ref.ts";
import {
  createObject,
  deleteObject,
  readObject,
  updateObject,
  type Work,
  type Written,
} from "./operations.ts";
import { isPlannable, type PlannedNames, simulateObject, takePlannedName } from "./planned-objects.ts";
import { type ProviderSettings, toSettings } from "./settings.ts";

/** The version whose behaviour this stands in for. */
const VERSION = "4.34.2";

/** One process serves one configured provider. */
type Session = {
  settings: ProviderSettings | undefined;
  access: ClusterAccess | undefined;
  readonly cancelled: AbortController;
  readonly log: EngineLog;
  readonly world: StandInWorld;
  readonly planned: PlannedNames;
};

export function kubernetesProvider(log: EngineLog, world: StandInWorld): grpc.UntypedServiceImplementation {
  const session: Session = {
    settings: undefined,
    access: undefined,
    cancelled: new AbortController(),
    log,
    world,
    planned: new Map(),
  };
  return {
    ...providerBase("kubernetes", VERSION),
    diffConfig: unary(diffConfig),
    configure: unary((request: ConfigureRequest) => configure(session, request)),
    check: unary((request: CheckRequest) => check(session, request)),
    diff: unary((request: DiffRequest) => diff(session, request)),
    create: unary((request: CreateRequest) => create(session, request)),
    read: unary((request: ReadRequest) => read(session, request)),
    update: unary((request: UpdateRequest) => update(session, request)),
    delete: unary((request: DeleteRequest) => remove(session, request)),
    cancel: unary((): Empty => {
      session.cancelled.abort();
      return new emptyPb.Empty();
    }),
  };
}

/** Another cluster under the same provider means other objects: all of them are made anew. */
function diffConfig(request: DiffRequest): DiffResponse {
  const olds = unwrapMap(fromStruct(request.getOldInputs() ?? request.getOlds()));
  const news = unwrapMap(fromStruct(request.getNews()));
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const changed = [...keys].filter((key) => !key.startsWith("__") && !isEqual(olds[key], news[key]));
  const moved =
    changed.includes("clusterIdentifier") &&
    typeof olds.clusterIdentifier === "string" &&
    typeof news.clusterIdentifier === "string" &&
    !isUnknown(news.clusterIdentifier);
  return diffResponse({ changed, replaces: moved ? ["clusterIdentifier"] : [], deleteBeforeReplace: false });
}

function configure(session: Session, request: ConfigureRequest): ConfigureResponse {
  const settings = toSettings(fromStruct(request.getArgs()));
  session.settings = settings;
  if (settings.kubeconfig.kind === "known" && session.world === "real") {
    const config = loadKubeconfig({ kubeconfig: settings.kubeconfig.value, context: settings.context });
    const client = createApiClient(config);
    session.access = createClusterAccess(client, createDiscovery(client));
  }
  const response = new providerPb.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  return response;
}

function settingsOf(session: Session): ProviderSettings {
  return session.settings ?? toSettings({});
}

function accessOf(session: Session): ClusterAccess {
  if (session.access) return session.access;
  if (session.world === "plan") throw new Error("a plan changes nothing. Next: npm run rampa -- preview");
  throw new Error("the cluster of this provider is not known yet. Next: npm run up, which creates it first");
}

type Place = { readonly urn: string; readonly preview: boolean; readonly timeoutSeconds: number };

function workOf(session: Session, place: Place): Work {
  return {
    access: accessOf(session),
    urn: place.urn,
    preview: place.preview,
    wait: {
      timeoutSeconds: place.timeoutSeconds,
      status: statusOnChange(session.log, place.urn),
      signal: session.cancelled.signal,
    },
  };
}

function statusOnChange(log: EngineLog, urn: string): (text: string) => void {
  let last = "";
  return (text) => {
    if (text !== last) log.status(text, urn);
    last = text;
  };
}

async function check(session: Session, request: CheckRequest): Promise<CheckResponse> {
  const urn = request.getUrn();
  const news = fromStruct(request.getNews());
  const refusal = refusalOf(urn);
  const isPlanned = session.access === undefined;
  if (isPlanned && isPlannable(urn)) return checkResponse(news, takePlannedName(session.planned, urn, news));
  if (refusal !== undefined) return checkResponse(news, [{ property: "kind", reason: refusal }]);
  const named = withNames(news, {
    urn,
    olds: unwrapMap(fromStruct(request.getOlds())),
    defaultNamespace: await defaultNamespace(session, unwrapMap(news), urn),
    seed: request.getRandomseed_asU8(),
  });
  return checkResponse(named, isPlanned ? takePlannedName(session.planned, urn, named) : []);
}

/** A kind that is not served yet gets none: whether it has a namespace is known only then. */
async function defaultNamespace(
  session: Session,
  news: PropertyMap,
  urn: string,
): Promise<string | undefined> {
  const given = valueAt(news, ["metadata", "namespace"]);
  if (!session.access || (given !== undefined && given !== null)) return undefined;
  const place = await session.access.find(kindOf(news, urn));
  return place?.namespaced ? settingsOf(session).namespace : undefined;
}

function diff(session: Session, request: DiffRequest): DiffResponse {
  const olds = unwrapMap(fromStruct(request.getOldInputs()));
  const news = unwrapMap(fromStruct(request.getNews()));
  return diffResponse(compareInputs(olds, news, settingsOf(session).mutable));
}

async function create(session: Session, request: CreateRequest): Promise<CreateResponse> {
  const inputs = fromStruct(request.getProperties());
  const response = new providerPb.CreateResponse();
  const preview = request.getPreview();
  if (preview && !session.access) {
    response.setProperties(toStruct(inputs));
    return response;
  }
  const place = { urn: request.getUrn(), preview, timeoutSeconds: request.getTimeout() };
  const written =
    session.world === "simulate"
      ? simulateObject(inputs, place.urn)
      : await createObject(inputs, workOf(session, place));
  requireReady(written, inputs);
  // In a preview the id of a new object is not known to the program.
  if (!preview) response.setId(written.id);
  response.setProperties(toStruct(written.outputs));
  return response;
}

async function update(session: Session, request: UpdateRequest): Promise<UpdateResponse> {
  const news = fromStruct(request.getNews());
  const response = new providerPb.UpdateResponse();
  if (request.getPreview() && !session.access) {
    response.setProperties(toStruct(news));
    return response;
  }
  const place = {
    urn: request.getUrn(),
    preview: request.getPreview(),
    timeoutSeconds: request.getTimeout(),
  };
  const olds = fromStruct(request.getOlds());
  const written =
    session.world === "simulate"
      ? simulateObject(news, place.urn)
      : await updateObject(olds, news, request.getIgnorechangesList(), workOf(session, place));
  requireReady(written, news);
  response.setProperties(toStruct(written.outputs));
  return response;
}

/** The object exists but does not work: the engine records it, and the next run waits for it again. */
function requireReady(written: Written, inputs: PropertyMap): void {
  if (written.notReady.length === 0) return;
  const detail = new providerPb.ErrorResourceInitFailed();
  detail.setId(written.id);
  detail.setProperties(toStruct(written.outputs));
  detail.setInputs(toStruct(inputs));
  detail.setReasonsList([...written.notReady]);
  const packed = new anyPb.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(written.notReady.join("\n"));
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  throw new GrpcFault(grpc.status.UNKNOWN, written.notReady.join("\n"), metadata);
}

async function read(session: Session, request: ReadRequest): Promise<ReadResponse> {
  const urn = request.getUrn();
  const state = fromStruct(request.getProperties());
  const oldInputs = fromStruct(request.getInputs());
  if (session.world === "simulate") return readResponse(request.getId(), state, oldInputs);
  const work = workOf(session, { urn, preview: false, timeoutSeconds: 0 });
  const ref = { ...refOfId(request.getId(), urn, oldInputs, state) };
  const found = await readObject(await inDefaultNamespace(session, ref), oldInputs, state, work);
  return found ? readResponse(found.id, found.outputs, found.inputs) : new providerPb.ReadResponse();
}

function readResponse(id: string, outputs: PropertyMap, inputs: PropertyMap): ReadResponse {
  const response = new providerPb.ReadResponse();
  response.setId(id);
  response.setProperties(toStruct(outputs));
  response.setInputs(toStruct(inputs));
  return response;
}

function refOfId(id: string, urn: string, oldInputs: PropertyMap, state: PropertyMap): ObjectRef {
  const known = { ...unwrapMap(state), ...unwrapMap(oldInputs) };
  const kind = stringAt(known, ["kind"]) === undefined ? kindOfUrn(urn) : kindOf(known, urn);
  return { ...kind, ...fromId(id) };
}

/** `pulumi import` may be given a bare name for an object in the provider's namespace. */
async function inDefaultNamespace(session: Session, ref: ObjectRef): Promise<ObjectRef> {
  if (ref.namespace !== undefined) return ref;
  const place = await accessOf(session).find(ref);
  return place?.namespaced ? { ...ref, namespace: settingsOf(session).namespace } : ref;
}

async function remove(session: Session, request: DeleteRequest): Promise<Empty> {
  if (session.world === "simulate") return new emptyPb.Empty();
  const urn = request.getUrn();
  const state = fromStruct(request.getProperties());
  const oldInputs = fromStruct(request.getOldInputs());
  const ref = refOfId(request.getId(), urn, oldInputs, state);
  try {
    await deleteObject(ref, workOf(session, { urn, preview: false, timeoutSeconds: request.getTimeout() }));
  } catch (error) {
    if (!(error instanceof ApiUnreachable && settingsOf(session).deleteUnreachable)) throw error;
    session.log.log("warning", `${ref.kind} ${request.getId()} is forgotten: ${error.message}`, urn);
  }
  return new emptyPb.Empty();
}
