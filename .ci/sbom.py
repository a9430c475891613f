"""Print the bill of materials of what a running relay imports, as CycloneDX 1.6 (ECMA-424).

Made from the lock, not from what happens to be installed: it names what every install gets.
"""

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from pip_requirements_parser import InstallRequirement, RequirementsFile


def main() -> None:
    """Print one component for each locked package, with the hashes its files may have."""
    locked = RequirementsFile.from_file("lock/run.txt").requirements
    relay = Component(name="relais", type=ComponentType.APPLICATION)
    bom = Bom(components=[_component(one) for one in locked])
    bom.metadata.component = relay
    bom.register_dependency(relay, bom.components)
    print(JsonV1Dot6(bom).output_as_string(indent=2))


def _component(locked: InstallRequirement) -> Component:
    version = locked.get_pinned_version
    return Component(
        name=locked.name,
        version=version,
        purl=PackageURL("pypi", name=locked.name, version=version),
        hashes=[
            HashType(alg=HashAlgorithm.SHA_256, content=one.removeprefix("sha256:"))
            for one in locked.hash_options
        ],
    )


if __name__ == "__main__":
    main()
