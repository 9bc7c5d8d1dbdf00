// Until the digits' own modules are there: what this widget takes from them, by the same names.

/** What stands in the state of a widget under `key`. */
export const load = (data, key) =>
  data?.[key] === undefined
    ? Promise.reject(new Error(`${key}: this page does not have it`))
    : Promise.resolve(data[key]);
