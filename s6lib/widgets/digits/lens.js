import { make } from "../kit/dom.js";
export const lens = () => ({ element: make("div"), render() {} });
