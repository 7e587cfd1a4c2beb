/** The package ships no types; this is the part of it that tests use. */
declare module 'asl-validator' {
  export default function validate(definition: object): { isValid: boolean; errorsText: (separator?: string) => string };
}
