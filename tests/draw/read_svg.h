#pragma once

#include <string>
#include <vector>

#include "tests/experiment/python_check.h"

namespace mimar::testing_support {

/// True when Python's XML parser takes every document for SVG without what must not be in a
/// drawing: scripts, style sheets, links, and coordinates that are no numbers.
inline bool are_svg(const std::vector<std::string>& documents) {
  constexpr const char* kReadXml = R"py(import re, sys, xml.etree.ElementTree as tree
for text in open(sys.argv[1], encoding="utf-8", newline="").read().split("=====\n")[1:]:
    root = tree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
    names = {element.tag.split("}")[1] for element in root.iter()}
    assert names <= {"svg", "g", "path", "rect", "text", "title"}, names
    for element in root.iter():
        for name, value in element.attrib.items():
            assert "href" not in name and not name.startswith("on") and "url(" not in value
            assert not re.search(r"\b(nan|inf)\b", value), (name, value)
)py";
  std::string joined;
  for (const std::string& document : documents) joined += "=====\n" + document;
  return python_accepts(kReadXml, joined);
}

}  // namespace mimar::testing_support
