// A form that was sent is not sent again by an impatient second click. Without this the server copes.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// Goes dark within a second when this browser's session has ended, wherever it was ended; says when others come and go.
(() => {
  const { mode, url, signIn } = document.currentScript.dataset;
  let ended = false;
  let seen = document.querySelector("[data-sessions]")?.dataset.sessions; // what this page shows already

  function goDark() {
    if (ended) return;
    ended = true;
    document.documentElement.classList.add("ended");
    const here = encodeURIComponent(location.pathname + location.search);
    const note = document.createElement("dialog");
    note.className = "ended-note";
    note.setAttribute("aria-labelledby", "ended-title");
    note.append(
      make("h2", "This session has ended", { id: "ended-title" }),
      make("p", "It was signed out, here or elsewhere. What this page showed is no longer yours to see."),
      make("a", "Sign in again", { href: `${signIn}?next=${here}`, className: "button" }),
    );
    // A second Escape closes a dialog whatever is said to the first.
    note.addEventListener("close", () => note.showModal());
    document.title = "Signed out · Portcullis";
    document.body.replaceChildren(note);
    note.showModal();
  }

  const make = (name, text, properties = {}) =>
    Object.assign(document.createElement(name), { textContent: text, ...properties });

  function take(pulse) {
    if (pulse.ended) return goDark();
    if (seen !== undefined && seen !== pulse.sessions) document.body.dispatchEvent(new CustomEvent("sessions-changed"));
    seen = pulse.sessions;
  }

  async function ask() {
    try {
      const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (answer.ok) take(await answer.json());
    } catch {
      // No network, or the page is being left. The next look will tell.
    }
  }

  async function poll() {
    if (ended) return;
    if (!document.hidden) await ask();
    setTimeout(poll, 500);
  }

  function stream() {
    const source = new EventSource(url);
    source.onmessage = (event) => {
      const pulse = JSON.parse(event.data);
      if (!pulse.ended) return take(pulse);
      // A new cookie may have taken the place of the one that this stream was opened with: whoever asks anew has it.
      source.close();
      ask().then(poll);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) poll();
    };
  }

  // What a browser keeps of a page that was left must not come back as if nothing had happened.
  addEventListener("pageshow", (event) => event.persisted && ask());
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  if (mode === "stream") stream();
  else poll();
})();
