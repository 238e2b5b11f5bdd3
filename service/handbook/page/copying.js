/** A button on each piece of code that copies it. */

const TOLD_MS = 1600;

/** Put a copy button on every piece of code. @param {Document} page */
export function offerCopies(page) {
  for (const code of page.querySelectorAll(".code")) code.append(button(code));
}

/** @param {Element} code */
function button(code) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy";
  made.textContent = "Copy";
  made.addEventListener("click", async () => {
    const copied = await copy(code.querySelector("code")?.textContent ?? "");
    made.textContent = copied ? "Copied" : "Press Ctrl-C";
    if (!copied) mark(code);
    setTimeout(() => (made.textContent = "Copy"), TOLD_MS);
  });
  return made;
}

/** Without TLS a browser gives no clipboard: then the reader copies what is marked. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text.replace(/^\$ /gm, ""));
    return true;
  } catch {
    return false;
  }
}

/** @param {Element} code */
function mark(code) {
  const whole = document.createRange();
  whole.selectNodeContents(/** @type {Node} */ (code.querySelector("code")));
  getSelection()?.removeAllRanges();
  getSelection()?.addRange(whole);
}
