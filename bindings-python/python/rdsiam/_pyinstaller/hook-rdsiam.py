# What `rdsiam` loads when it is first asked for. A helper is packed where a program names it.
from PyInstaller.utils.hooks import collect_data_files

hiddenimports = [
    "rdsiam._boto3",
    "rdsiam._ca",
    "rdsiam._cache",
    "rdsiam._connect",
    "rdsiam._credentials",
    "rdsiam._database",
    "rdsiam._libpq",
    "rdsiam._loops",
    "rdsiam._made",
    "rdsiam._mysql",
    "rdsiam._observe",
    "rdsiam._patch",
    "rdsiam._retry",
    "rdsiam._shutdown",
    "rdsiam._tls",
    "rdsiam._unavailable",
    "rdsiam._versions",
    "rdsiam.errors",
]
datas = collect_data_files("rdsiam", includes=["rds-roots.json"])
# A program that uses it imports it as well.
excludedimports = ["botocore"]
