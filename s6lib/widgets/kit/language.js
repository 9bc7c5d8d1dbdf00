// The language that is spoken: English. In place of this `join.py` puts another one, where it is asked to.

/** {message: translation}, a list of forms where a message counts. */
export const CATALOGUE = {};
/** As `lang` in HTML has it. */
export const LANGUAGE = "en";
/** The decimal sign. */
export const DECIMAL = ".";
/** Which of its forms a message takes for the number `n`. */
export const formOf = (n) => Number(n != 1); // deno-lint-ignore eqeqeq
