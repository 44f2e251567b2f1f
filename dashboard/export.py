"""Rows as a file to keep: CSV that no spreadsheet takes for a formula, or JSON."""

import csv
import json
from io import StringIO

from django.http import HttpResponse

Rows = list[dict[str, str]]
# What Excel, LibreOffice and Google Sheets evaluate (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_csv(name: str, rows: Rows) -> HttpResponse:
    out = StringIO()
    out.write("\ufeff")  # so that Excel reads UTF-8
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    if rows:
        writer.writerow(rows[0])
    writer.writerows([_harmless(value) for value in row.values()] for row in rows)
    return _file(out.getvalue(), "text/csv; charset=utf-8", f"{name}.csv")


def as_json(name: str, rows: Rows) -> HttpResponse:
    return _file(json.dumps(rows, indent=1, ensure_ascii=False), "application/json", f"{name}.json")


def _harmless(value: str) -> str:
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA) else value


def _file(content: str, content_type: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": disposition})
