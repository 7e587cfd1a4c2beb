import { answerLimits } from './answer-limits.ts';
import type { DisclosurePart } from './answers.ts';
import type { Answer } from './http-transport.ts';
import { unexpectedAnswer } from './parse-answer.ts';

function numberOf(answer: Answer, header: string): number {
  const value = Number(answer.headers.get(header) ?? Number.NaN);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw unexpectedAnswer(answer, `its header ${header} is no number`, undefined);
}

/** A part of a pack, or of its openings, asked for in pieces of what every home answers at once. */
export async function fetchPieces(ask: (piece: { offset: number; length: number }) => Promise<Answer>): Promise<DisclosurePart> {
  const taken: Uint8Array[] = [];
  for (let offset = 0; ;) {
    const answer = await ask({ offset, length: answerLimits.piece });
    taken.push(answer.bytes);
    offset += answer.bytes.byteLength;
    const isLast = offset >= numberOf(answer, 'x-disclosure-part-bytes');
    if (!isLast && answer.bytes.byteLength === 0) throw unexpectedAnswer(answer, 'it is empty before the end of the part', undefined);
    if (isLast) return { bytes: Uint8Array.from(Buffer.concat(taken)), parts: numberOf(answer, 'x-disclosure-parts') };
  }
}
