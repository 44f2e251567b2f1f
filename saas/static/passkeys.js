// Says in words what allauth's passkey script would only write to the console.
(() => {
  const words = {
    Error: "That cannot be asked just now. Wait a minute, then try again.",
    NotAllowedError: "That was cancelled, or took too long. Nothing was changed; try again when you like.",
    InvalidStateError: "This passkey is known here already.",
    SecurityError: "Passkeys do not work at this address. Open this site by its name (https://, or http://localhost).",
    NotSupportedError: "This browser or device offers no passkey of the kind that is needed.",
  };
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const note = document.getElementById("passkey-error");
    note.textContent = words[event.detail.exception.name] || "That did not work. Nothing was changed.";
    note.hidden = false;
  });
})();
