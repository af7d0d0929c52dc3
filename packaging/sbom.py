"""The bill of materials of an artefact, as CycloneDX: the crates whose code is in it, and the
compiler. Run by the tools' Python: sbom.py PACKAGE PLATFORM FILE"""

import sys
from datetime import datetime, timezone
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import cargo
import licences
import platforms
import toolchain
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot5
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from places import version


def main(package: str, platform: platforms.Platform, to: Path) -> None:
    factory = LicenseFactory()

    def component(name: str, number: str, licence: str) -> Component:
        purl = PackageURL("cargo", name=name, version=number)
        return Component(
            name=name,
            version=number,
            type=ComponentType.LIBRARY,
            purl=purl,
            bom_ref=str(purl),
            licenses=[factory.make_from_string(licence.replace("/", " OR "))],
        )

    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"{package} {version()} {platform.name}"))
    # Bytes that follow from the content: the time of the commit, and no number drawn by chance.
    bom.metadata.timestamp = datetime.fromtimestamp(int(cargo.source_date()), timezone.utc)
    subject = component(package, version(), "Apache-2.0 OR MIT")
    bom.metadata.component = subject
    bom.metadata.properties = [
        Property(name=f"rdsiam:{n}", value=v) for n, v in toolchain.versions().items()
    ]
    for crate in licences.linked(package, platform.triple):
        bom.components.add(
            component(str(crate["name"]), str(crate["version"]), str(crate["license"]))
        )
    bom.register_dependency(subject, bom.components)
    text = JsonV1Dot5(bom).output_as_string(indent=1)
    if error := JsonStrictValidator(SchemaVersion.V1_5).validate_str(text):
        raise SystemExit(f"dist: the bill of materials is not CycloneDX: {error}")
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1], platforms.named([sys.argv[2]])[0], Path(sys.argv[3]))
