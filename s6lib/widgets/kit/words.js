// What a reader reads, in the reader's language. English stands in the code; a catalogue has the rest.

/** {message: translation}, a list of forms where a message counts; `join.py` puts a language's in. */
const CATALOGUE = {};
/** The language of the catalogue, as `lang` has it. */
const LANGUAGE = "en";

const FORMS = ["zero", "one", "two", "few", "many", "other"];

const filled = (text, values) => text.replace(/\{(\d)\}/g, (_, place) => values[place]);

/** t`w1 is now ${value}.`: the translation of the message "w1 is now {0}.", which is a whole sentence or a
 *  label: what is cut in two can't be translated. */
export function t(parts, ...values) {
  const message = parts.reduce((text, part, n) => `${text}{${n - 1}}${part}`);
  return filled(CATALOGUE[message] ?? message, values);
}

/** plural(count, "{0} step", "{0} steps"): the form for `count`, which is {0}; further values follow. */
export function plural(count, one, other, ...values) {
  const rules = new Intl.PluralRules(LANGUAGE), kinds = rules.resolvedOptions().pluralCategories;
  const forms = CATALOGUE[other] ?? [one, other];
  const place = FORMS.filter((kind) => kinds.includes(kind)).indexOf(rules.select(count));
  return filled(forms[Math.min(place, forms.length - 1)], [count, ...values]);
}
