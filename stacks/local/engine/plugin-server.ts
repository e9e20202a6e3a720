// Runs a gRPC service as a Pulumi plugin: picks a loopback port, tells the engine, ends with the engine.
import grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import type { Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { endWithParent } from "./end-with-parent.ts";
import type { PropertyMap } from "./property-values.ts";

/** A resource's state can hold large manifests; the engine itself uses the same limit. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

export const channelOptions = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
} as const;

/** Serves until the engine closes; prints the port, which is how the engine learns where to connect. */
export async function servePlugin(
  service: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
): Promise<void> {
  const { port } = await startPlugin(service, implementation);
  process.stdout.write(`${port}\n`);
  endWithParent();
}

/** Starts the service on a free loopback port. */
export async function startPlugin(
  service: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
): Promise<{ port: number; server: grpc.Server }> {
  const server = new grpc.Server(channelOptions);
  server.addService(service, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, server };
}

export type LogSeverity = "debug" | "info" | "warning" | "error";

export type EngineLog = {
  /** Keeps the line in the operation's output. */
  log(severity: LogSeverity, message: string, urn: string): void;
  /** Shows the line beside the resource while it is worked on. */
  status(message: string, urn: string): void;
};

/** Sends lines to the engine's own log; a line that cannot be delivered is dropped, as the engine is gone then. */
export function connectEngineLog(address: string): EngineLog {
  const client = new engineGrpc.EngineClient(address, grpc.credentials.createInsecure(), channelOptions);
  const send = (severity: LogSeverity, message: string, urn: string, ephemeral: boolean): void => {
    const request = new enginePb.LogRequest();
    request.setSeverity(SEVERITIES[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    client.log(request, () => {});
  };
  return {
    log: (severity, message, urn) => send(severity, message, urn, false),
    status: (message, urn) => send("info", message, urn, true),
  };
}

const SEVERITIES = { debug: 0, info: 1, warning: 2, error: 3 } as const;

export function toStruct(map: PropertyMap): StructMessage {
  // The generated type wants mutable values; the function only reads them.
  return structPb.Struct.fromJavaScript(map as Parameters<typeof structPb.Struct.fromJavaScript>[0]);
}

export function fromStruct(message: StructMessage | undefined): PropertyMap {
  return message?.toJavaScript() ?? {};
}

/** Turns an async function into a unary handler; a thrown GrpcFault keeps its details, anything else its text. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback): void => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toServiceError(error)),
      );
  };
}

/** A failure with the status details the engine understands. */
export class GrpcFault extends Error {
  readonly code: grpc.status;
  readonly metadata: grpc.Metadata | undefined;

  constructor(code: grpc.status, message: string, metadata?: grpc.Metadata) {
    super(message);
    this.name = "GrpcFault";
    this.code = code;
    this.metadata = metadata;
  }
}

function toServiceError(error: unknown): Partial<grpc.ServiceError> {
  if (error instanceof GrpcFault) {
    return { code: error.code, details: error.message, ...(error.metadata && { metadata: error.metadata }) };
  }
  const details = error instanceof Error ? error.message : String(error);
  return { code: grpc.status.UNKNOWN, details };
}

/** For calls that this plugin has no use for; the engine falls back to older behaviour. */
export function unimplemented(name: string): grpc.handleUnaryCall<object, object> {
  return (_call, callback) =>
    callback({ code: grpc.status.UNIMPLEMENTED, details: `${name} is not offered` });
}
