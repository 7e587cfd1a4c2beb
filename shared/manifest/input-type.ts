import type { Json } from '../core/json/canonical-json.ts';
import type { InputDeclaration } from './manifest.ts';
import { FileRef } from './file-ref.ts';

/** The declared types of inputs. */
export type InputType = InputDeclaration['type'];

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const fits: Readonly<Record<InputType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  object: isObject,
  array: Array.isArray,
  file: (value) => FileRef.safeParse(value).success,
};

/** What a caller may give for a type, in words. */
export const inputTypeWords: Readonly<Record<InputType, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  file: 'an uploaded file: {digest, name}',
};

/** Tells whether a value can be given for an input of this type; nothing is converted. */
export function fitsInputType(type: InputType, value: Json): boolean {
  return fits[type](value);
}

/** Tells whether a value read from outside is the name of a type. */
export function isInputType(value: unknown): value is InputType {
  return typeof value === 'string' && Object.hasOwn(fits, value);
}
