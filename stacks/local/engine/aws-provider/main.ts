// Entry of the AWS stand-in: the engine starts it with its own address and reads the port it prints.
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { connectEngineLog, servePlugin } from "../plugin-server.ts";
import { standInWorld } from "../stand-in-world.ts";
import { awsProvider } from "./provider.ts";

const [engineAddress = ""] = process.argv.slice(2);
await servePlugin(
  providerGrpc.ResourceProviderService,
  awsProvider(connectEngineLog(engineAddress), standInWorld()),
);
