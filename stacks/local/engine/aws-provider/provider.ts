// The AWS stand-in's gRPC methods: checks inputs by the SDK's own declarations and plans; creates nothing in AWS.
import type grpc from "@grpc/grpc-js";
import awsPackage from "@pulumi/aws/package.json" with { type: "json" };
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
  type InvokeRequest,
  type InvokeResponse,
  type ReadRequest,
  type ReadResponse,
  type UpdateRequest,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import emptyPb, { type Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { type EngineLog, fromStruct, toStruct, unary } from "../plugin-server.ts";
import { isUnknown, type PropertyMap, stringAt, unwrapMap } from "../property-values.ts";
import {
  type CheckProblem,
  checkResponse,
  diffResponse,
  nameOfUrn,
  providerBase,
  typeOfUrn,
} from "../provider-messages.ts";
import type { StandInWorld } from "../stand-in-world.ts";
import { type Account, allTags, checkProviderSettings, regionOf, toAccount } from "./account.ts";
import {
  type AddressPlan,
  checkAddresses,
  checkSubnet,
  createAddressPlan,
  noteAssociation,
  noteVpc,
} from "./address-rules.ts";
import { checkInputs } from "./check-inputs.ts";
import { compareResource } from "./difference.ts";
import { checkDocuments } from "./document-rules.ts";
import { answerFunction } from "./functions.ts";
import type { Subject } from "./identities.ts";
import { checkKnownValues } from "./known-values.ts";
import { checkNames } from "./name-rules.ts";
import { toOutputs } from "./outputs.ts";
import {
  type NamingWish,
  nameProperty,
  type TakenNames,
  takeName,
  withChosenName,
} from "./physical-names.ts";
import { checkConflicts, checkRelations } from "./relation-rules.ts";
import { openSdkTypes, type ResourceShape, type SdkTypes } from "./sdk-types.ts";

/** The version whose behaviour this stands in for. */
const { version: VERSION } = awsPackage;

/** One process serves one configured provider. */
type Session = {
  account: Account;
  readonly sdk: SdkTypes;
  readonly taken: TakenNames;
  readonly addresses: AddressPlan;
  readonly world: StandInWorld;
  readonly log: EngineLog;
  isWarned: boolean;
};

export function awsProvider(log: EngineLog, world: StandInWorld): grpc.UntypedServiceImplementation {
  const session: Session = {
    account: toAccount({}),
    sdk: openSdkTypes(),
    taken: new Map(),
    addresses: createAddressPlan(),
    world,
    log,
    isWarned: false,
  };
  return {
    ...providerBase("aws", VERSION),
    checkConfig: unary((request: CheckRequest) => {
      const news = fromStruct(request.getNews());
      return checkResponse(news, checkProviderSettings(news, session.sdk).map(withPath));
    }),
    configure: unary((request: ConfigureRequest) => configure(session, request)),
    invoke: unary((request: InvokeRequest) => invoke(session, request)),
    check: unary((request: CheckRequest) => check(session, request)),
    diff: unary((request: DiffRequest) => diff(session, request)),
    create: unary((request: CreateRequest) => create(session, request)),
    read: unary((request: ReadRequest) => read(session, request)),
    update: unary((request: UpdateRequest) => update(session, request)),
    delete: unary((request: DeleteRequest) => remove(session, request)),
  };
}

function configure(session: Session, request: ConfigureRequest): ConfigureResponse {
  session.account = toAccount(fromStruct(request.getArgs()));
  const response = new providerPb.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  response.setSupportsAutonamingConfiguration(true);
  return response;
}

function invoke({ sdk, account }: Session, request: InvokeRequest): InvokeResponse {
  const token = request.getTok();
  const args = unwrapMap(fromStruct(request.getArgs()));
  const shape = sdk.invocation(token);
  const problems = shape ? checkInputs(args, shape.inputs, sdk.resolve) : [];
  const response = new providerPb.InvokeResponse();
  for (const { property, reason } of problems) {
    const failure = new providerPb.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  if (problems.length === 0) response.setReturn(toStruct(answerFunction(token, args, account)));
  return response;
}

function shapeOf({ sdk }: Session, urn: string): ResourceShape {
  const type = typeOfUrn(urn);
  const shape = sdk.resource(type);
  if (shape) return shape;
  throw new Error(
    `@pulumi/aws ${VERSION} has no resource ${type}. Next: correct the type, or update the package`,
  );
}

function check(session: Session, request: CheckRequest): CheckResponse {
  const urn = request.getUrn();
  const type = typeOfUrn(urn);
  const { inputs: declared } = shapeOf(session, urn);
  const news = fromStruct(request.getNews());
  const olds = unwrapMap(fromStruct(request.getOlds()));
  const seed = request.getRandomseed_asU8();
  const named = withChosenName(news, { type, urn, declared, olds, seed, wish: wishOf(request) });
  const plain = unwrapMap(named);
  const declaredProblems = checkInputs(named, declared, session.sdk.resolve);
  // What is of the wrong kind is not judged again by its content.
  const known = new Set(declaredProblems.map(({ property }) => property));
  const further = [
    ...checkKnownValues(type, plain),
    ...checkConflicts(plain, declared),
    ...checkNames(type, plain),
    ...checkDocuments(type, plain),
    ...checkRelations(type, plain, olds),
    ...checkAddresses(type, plain),
    ...checkAmongOthers(session, urn, plain),
  ];
  return checkResponse(
    named,
    [...declaredProblems, ...further.filter(({ property }) => !known.has(property))].map(withPath),
  );
}

/** The engine shows the value at the path, which it finds for properties at the top only: `<nil>` for the others. */
function withPath({ property, reason }: CheckProblem): CheckProblem {
  return { property: "", reason: `${property}: ${reason}` };
}

function wishOf(request: CheckRequest): NamingWish {
  const wish = request.getAutonaming();
  const modes = providerPb.CheckRequest.AutonamingOptions.Mode;
  if (wish === undefined) return { kind: "none" };
  return wish.getMode() === modes.DISABLE
    ? { kind: "disabled" }
    : { kind: "proposed", name: wish.getProposedName() };
}

/** What other resources of this run stand in the way of. */
function checkAmongOthers(session: Session, urn: string, inputs: PropertyMap): readonly CheckProblem[] {
  const { account, addresses, taken } = session;
  const type = typeOfUrn(urn);
  const region = regionOf(account, inputs);
  const range = stringAt(inputs, ["cidrBlock"]);
  if (type === "aws:ec2/vpc:Vpc" && range !== undefined && !isUnknown(range))
    noteVpc(addresses, urn, { range });
  if (type.endsWith(":VpcIpv4CidrBlockAssociation")) noteAssociation(addresses, inputs);
  return [
    ...(type === "aws:ec2/subnet:Subnet" ? checkSubnet(addresses, urn, inputs) : []),
    ...takeName(taken, { type, urn, region }, inputs),
  ];
}

function diff(session: Session, request: DiffRequest): DiffResponse {
  const urn = request.getUrn();
  const type = typeOfUrn(urn);
  const { inputs: declared, outputs } = shapeOf(session, urn);
  const news = unwrapMap(fromStruct(request.getNews()));
  const olds = unwrapMap(fromStruct(request.getOldInputs()));
  const state = unwrapMap(fromStruct(request.getOlds()));
  if (type === "aws:ec2/vpc:Vpc") noteVpc(session.addresses, urn, { id: request.getId() });
  // The provider's own tags are no inputs of the resource, but a change of them is one of its tags.
  const tags = (inputs: PropertyMap) =>
    outputs.has("tagsAll") ? { ...inputs, tagsAll: allTags(session.account, inputs) } : inputs;
  const before = outputs.has("tagsAll") ? { ...olds, tagsAll: state.tagsAll ?? {} } : olds;
  return diffResponse(compareResource({ type, declared, olds: before, news: tags(news) }));
}

function subjectOf(session: Session, urn: string, inputs: PropertyMap): Subject {
  const type = typeOfUrn(urn);
  const { account } = session;
  const declared = shapeOf(session, urn).inputs;
  const region = regionOf(account, inputs);
  return { type, urn, account, region, inputs, nameProperty: nameProperty(type, declared) };
}

function create(session: Session, request: CreateRequest): CreateResponse {
  const urn = request.getUrn();
  const isPreview = request.getPreview();
  if (!isPreview) requireSimulation(session, urn, "created");
  const inputs = fromStruct(request.getProperties());
  const subject = subjectOf(session, urn, unwrapMap(inputs));
  const { outputs: declared } = shapeOf(session, urn);
  const { resolve } = session.sdk;
  const { id, outputs } = toOutputs({ subject, outputs: declared, resolve, inputs, isPreview });
  if (subject.type === "aws:ec2/vpc:Vpc" && !isPreview) noteVpc(session.addresses, urn, { id });
  const response = new providerPb.CreateResponse();
  if (!isPreview) response.setId(id);
  response.setProperties(toStruct(outputs));
  return response;
}

function update(session: Session, request: UpdateRequest): UpdateResponse {
  const urn = request.getUrn();
  const isPreview = request.getPreview();
  if (!isPreview) requireSimulation(session, urn, "changed");
  const inputs = fromStruct(request.getNews());
  const subject = subjectOf(session, urn, unwrapMap(inputs));
  const { outputs: declared } = shapeOf(session, urn);
  const olds = fromStruct(request.getOlds());
  const { resolve } = session.sdk;
  const { outputs } = toOutputs({ subject, outputs: declared, resolve, inputs, olds, isPreview });
  const response = new providerPb.UpdateResponse();
  response.setProperties(toStruct(outputs));
  return response;
}

/** In a simulation the state is the world. */
function read(session: Session, request: ReadRequest): ReadResponse {
  requireSimulation(session, request.getUrn(), "read");
  const response = new providerPb.ReadResponse();
  const state = fromStruct(request.getProperties());
  if (Object.keys(state).length === 0) return response;
  response.setId(request.getId());
  response.setProperties(toStruct(state));
  response.setInputs(toStruct(fromStruct(request.getInputs())));
  return response;
}

function remove(session: Session, request: DeleteRequest): Empty {
  requireSimulation(session, request.getUrn(), "deleted");
  return new emptyPb.Empty();
}

/** Nobody may believe that something was done in AWS. */
function requireSimulation(
  session: Session,
  urn: string,
  done: "created" | "changed" | "read" | "deleted",
): void {
  if (session.world !== "simulate") {
    throw new Error(
      `${typeOfUrn(urn)} ${nameOfUrn(urn)} was not ${done}: the built-in aws provider has no access to AWS, it plans only.\nNext: with a network that reaches Pulumi's releases, run \`pulumi plugin install resource aws ${VERSION}\`, then the same command again`,
    );
  }
  if (session.isWarned) return;
  session.isWarned = true;
  session.log.log("warning", "simulated: nothing exists in AWS, only in this state", urn);
}
