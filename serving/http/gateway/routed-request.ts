// What the gateway reads of a request body; the model server checks the rest.
import { z } from "zod";
import { model, optional, samplingFields } from "../../contract/openai/request-fields.ts";

/** Wrong token limits are refused here, for every engine alike. */
export const routedRequest = z.object({
  model,
  stream: samplingFields.stream,
  stream_options: samplingFields.stream_options,
  max_tokens: samplingFields.max_tokens,
  max_completion_tokens: samplingFields.max_tokens,
  max_output_tokens: samplingFields.max_tokens,
  user: optional(z.string("expected a string")),
});
