import { expect, test } from "vitest";
import {
  CircuitBreakerOpenError,
  ConfigurationError,
  NonRetryableError,
  OrchestratorError,
  RetryableError,
} from "./errors.ts";

const named = { OrchestratorError, RetryableError, NonRetryableError, CircuitBreakerOpenError, ConfigurationError };

test.each(Object.entries(named))("%s is made of a message like any error, with or without a cause", (name, Named) => {
  expect(new Named("the model is busy")).toMatchObject({ name, message: "the model is busy" });
  const cause = new Error("refused");
  const error = new Named("the model is busy", { cause });
  expect(error).toBeInstanceOf(OrchestratorError);
  expect(error.cause).toBe(cause);
});
