/** What a page of the documentation can do beyond being read: be searched, copied from, followed. */

import { offerCopies } from "./copying.js";
import { followReading } from "./reading.js";
import { offerSearch } from "./search.js";

offerSearch(/** @type {HTMLElement} */ (document.getElementById("search")));
offerCopies(document);
followReading(document);
