export { Bulkhead, type BulkheadOptions } from "./bulkhead.ts";
export {
  CircuitBreaker,
  CircuitState,
  type CircuitBreakerOptions,
  type CircuitBreakerStats,
} from "./circuit-breaker.ts";
export { CircuitBreakers, type CircuitBreakersOptions } from "./circuit-breakers.ts";
export { Deadline } from "./deadline.ts";
export { ErrorHandler, type ErrorHandlerOptions, type HandledAttempt } from "./error-handler.ts";
export {
  askedDelayMs,
  BulkheadFullError,
  CircuitBreakerOpenError,
  ConfigurationError,
  countsAsFailure,
  isRetryable,
  mayDegrade,
  NonRetryableError,
  OrchestratorError,
  RetryableError,
  TimeLimitError,
  type OrchestratorErrorOptions,
} from "./errors.ts";
export type { SlowCalls } from "./failure-tally.ts";
export { FallbackHandler, type Fallback, type FallbackOptions } from "./fallback-handler.ts";
export {
  RetryHandler,
  type Attempt,
  type RetryHandlerOptions,
  type RetryNotice,
  type RetryVerdict,
} from "./retry-handler.ts";
export { delayAfter, RetryPolicy, type Backoff, type RetryPolicyOptions } from "./retry-policy.ts";
export { TimeLimit } from "./time-limit.ts";
export { unlessAborted, wait } from "./waiting.ts";
