// Shows the OpenAPI document. A file of its own, because our Content-Security-Policy allows no script within the page.
"use strict";

const place = document.getElementById("docs");
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // asks nobody else
});
