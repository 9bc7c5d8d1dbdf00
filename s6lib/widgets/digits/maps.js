import { make } from "../kit/dom.js";
export const atlas = () => ({ element: make("div"), render() {} });
