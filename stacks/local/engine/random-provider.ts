// Stand-in for the official random provider: the resource types this project uses, same outputs, same secrets.

import type grpc from "@grpc/grpc-js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb, {
  type CheckRequest,
  type CheckResponse,
  type ConfigureResponse,
  type CreateRequest,
  type CreateResponse,
  type DiffRequest,
  type DiffResponse,
  type ReadRequest,
  type ReadResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { fromStruct, servePlugin, toStruct, unary } from "./plugin-server.ts";
import {
  containsUnknown,
  isEqual,
  type PropertyMap,
  toSecret,
  UNKNOWN_STRING,
  unwrapMap,
} from "./property-values.ts";
import { checkResponse, diffResponse, providerBase, typeOfUrn } from "./provider-messages.ts";
import { RANDOM_KINDS, type RandomKind, randomProblems } from "./random-values.ts";

/** The version whose behaviour this stands in for. */
const VERSION = "4.21.2";

function kindOf(urn: string): RandomKind {
  const type = typeOfUrn(urn);
  const kind = RANDOM_KINDS[type];
  if (kind) return kind;
  const known = Object.keys(RANDOM_KINDS).map((token) => token.split(":").at(-1));
  throw new Error(
    `${type} is not offered by the built-in random provider, which knows ${known.join(", ")}. Next: use one of these, or install the official provider plugin`,
  );
}

function check(request: CheckRequest): CheckResponse {
  const kind = kindOf(request.getUrn());
  const inputs = { ...kind.defaults, ...fromStruct(request.getNews()) };
  return checkResponse(inputs, randomProblems(kind, unwrapMap(inputs)));
}

function diff(request: DiffRequest): DiffResponse {
  const kind = kindOf(request.getUrn());
  const olds = { ...kind.defaults, ...unwrapMap(fromStruct(request.getOldInputs())) };
  const news = unwrapMap(fromStruct(request.getNews()));
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  const changed = [...keys].filter((key) => !key.startsWith("__") && !isEqual(olds[key], news[key]));
  return diffResponse({ changed, replaces: changed, deleteBeforeReplace: false });
}

function create(request: CreateRequest): CreateResponse {
  const kind = kindOf(request.getUrn());
  const inputs = fromStruct(request.getProperties());
  const plain = unwrapMap(inputs);
  const response = new providerPb.CreateResponse();
  if (request.getPreview() || containsUnknown(plain)) {
    response.setProperties(toStruct(plannedOutputs(kind, inputs)));
    return response;
  }
  const { id, outputs } = kind.generate(plain);
  response.setId(id);
  response.setProperties(toStruct({ ...inputs, ...secretOutputs(kind, outputs) }));
  return response;
}

function plannedOutputs(kind: RandomKind, inputs: PropertyMap): PropertyMap {
  const unknown = Object.fromEntries(kind.secretOutputs.map((key) => [key, toSecret(UNKNOWN_STRING)]));
  return kind.secretOutputs.length > 0 ? { ...inputs, ...unknown } : inputs;
}

function secretOutputs(kind: RandomKind, outputs: PropertyMap): PropertyMap {
  const entries = Object.entries(outputs);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, kind.secretOutputs.includes(key) ? toSecret(value) : value]),
  );
}

/** A random value lives in the state alone, so reading it gives back what the state has. */
function read(request: ReadRequest): ReadResponse {
  const response = new providerPb.ReadResponse();
  const state = fromStruct(request.getProperties());
  if (Object.keys(state).length === 0) {
    throw new Error(
      "the built-in random provider cannot import a value. Next: install the official provider plugin",
    );
  }
  response.setId(request.getId());
  response.setProperties(toStruct(state));
  response.setInputs(toStruct(fromStruct(request.getInputs())));
  return response;
}

function configure(): ConfigureResponse {
  const response = new providerPb.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  return response;
}

/** The provider's methods, for the plugin process and for tests. */
export function randomProvider(): grpc.UntypedServiceImplementation {
  return {
    ...providerBase("random", VERSION),
    configure: unary(configure),
    check: unary(check),
    diff: unary(diff),
    create: unary(create),
    read: unary(read),
    update: unary(() => {
      throw new Error("every change of a random value replaces it");
    }),
  };
}

if (import.meta.main) await servePlugin(providerGrpc.ResourceProviderService, randomProvider());
