/** Reads answers: what has another shape than this version knows is a problem, never a guess. */
import type { z } from 'zod';
import { ApiProblem } from './api-problem.ts';
import type { Answer } from './http-transport.ts';

/** The JSON of an answer. */
export function parseJson(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    throw unexpectedAnswer(answer, 'it is not JSON', error);
  }
}

/** The answer, which has this shape. */
export function parseAs<T extends z.ZodType>(schema: T, answer: Answer): z.infer<T> {
  const parsed = schema.safeParse(parseJson(answer));
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  throw unexpectedAnswer(answer, `${first?.path.join('.') ?? ''}: ${first?.message ?? 'unknown shape'}`, parsed.error);
}

/** A success in a shape this version does not know, such as a web page of a proxy or a home of another version. */
export function unexpectedAnswer(answer: Answer, why: string, cause: unknown): ApiProblem {
  const detail = `The answer is not one of Maestro Conductor's: ${why}. Got: ${answer.text.slice(0, 80)}`;
  return new ApiProblem(answer.status, { code: 'mc:internal:unexpected', title: 'The answer was not understood', detail }, cause);
}
