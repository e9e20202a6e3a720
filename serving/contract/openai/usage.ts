// Token usage as OpenAI's wire format counts it.
export type Usage = {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
};

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls";
