"""Drivers of three languages log in through the proxy, knowing nothing of tokens."""

import asyncio
import os
import subprocess

import asyncpg
import pg8000.dbapi
import psycopg2
import pytest
import sqlalchemy
from conftest import ROOT, environment, run, standin

QUERY = "SELECT current_user"


def test_asyncpg(postgres):
    async def work():
        names = {"dbname": "database", "connect_timeout": "timeout", "sslmode": "ssl"}
        given = {names.get(name, name): value for name, value in postgres.postgres().items()}
        pool = await asyncpg.create_pool(**given, min_size=4, max_size=4)
        async with pool:
            users = await asyncio.gather(*(pool.fetchval(QUERY) for _ in range(20)))
            async with pool.acquire() as connection:
                records = [(n, "x" * 100) for n in range(1000)]
                await connection.execute("CREATE TEMP TABLE t (n int, x text)")
                await connection.copy_records_to_table("t", records=records)
                assert await connection.fetchval("SELECT count(*) FROM t") == 1000
                with pytest.raises(asyncio.TimeoutError):
                    await connection.fetch("SELECT pg_sleep(30)", timeout=0.3)
                assert await connection.fetchval("SELECT 1") == 1
        return set(users)

    assert asyncio.run(work()) == {standin("USER")}


def test_psycopg2_and_pg8000(postgres):
    with psycopg2.connect(**postgres.postgres()) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY)
        assert cursor.fetchone() == (standin("USER"),)
    connection.close()
    given = {
        k: v for k, v in postgres.postgres().items() if k not in ("sslmode", "connect_timeout")
    }
    given["database"] = given.pop("dbname")
    connection = pg8000.dbapi.connect(**given)
    cursor = connection.cursor()
    cursor.execute(QUERY)
    assert tuple(cursor.fetchone()) == (standin("USER"),)
    connection.close()


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+pg8000", "mysql+pymysql"])
def test_sqlalchemy(postgres, mysql, driver):
    proxy = mysql if driver.startswith("mysql") else postgres
    user, name = standin("USER"), standin("DB")
    url = f"{driver}://{user}:{proxy.password}@127.0.0.1:{proxy.port}/{name}"
    engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
    table = sqlalchemy.Table(
        "made", sqlalchemy.MetaData(), sqlalchemy.Column("x", sqlalchemy.Integer)
    )
    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"x": n} for n in range(100)])
        count = sqlalchemy.select(sqlalchemy.func.count()).select_from(table)
        assert connection.execute(count).scalar() == 100
        table.drop(connection)
        connection.commit()
    engine.dispose()


NODE = {
    "pg": """
        const client = new (require("pg").Client)({ host, port, user, password, database });
        await client.connect();
        console.log((await client.query("SELECT current_user AS u")).rows[0].u);
        await client.end();""",
    "postgres": """
        const sql = require("postgres")({ host, port, user, password, database });
        console.log((await sql`SELECT current_user AS u`)[0].u);
        await sql.end();""",
    "mysql2": """
        const client = await require("mysql2/promise").createConnection(
            { host, port, user, password, database });
        console.log((await client.query("SELECT CURRENT_USER() AS u"))[0][0].u);
        await client.end();""",
    "mariadb": """
        const client = await require("mariadb").createConnection(
            { host, port, user, password, database });
        console.log((await client.query("SELECT CURRENT_USER() AS u"))[0].u);
        await client.end();""",
    "knex": """
        const connection = { host, port, user, password, database };
        const db = require("knex")({ client: "pg", connection });
        await db.schema.createTable("made_by_knex", (table) => table.integer("x"));
        await db("made_by_knex").insert([{ x: 1 }, { x: 2 }]);
        if ((await db("made_by_knex").where("x", ">", 1)).length !== 1) throw new Error("rows");
        await db.schema.dropTable("made_by_knex");
        console.log((await db.raw("SELECT current_user AS u")).rows[0].u);
        await db.destroy();""",
    "sequelize": """
        const { Sequelize, DataTypes } = require("sequelize");
        const to = { host, port, dialect: "mysql", logging: false };
        const db = new Sequelize(database, user, password, to);
        const columns = { x: DataTypes.INTEGER };
        const Made = db.define("made_by_sequelize", columns, { timestamps: false });
        await Made.sync();
        const rows = [{ x: 1 }, { x: 2 }];
        await db.transaction((transaction) => Made.bulkCreate(rows, { transaction }));
        if (await Made.count() !== 2) throw new Error("rows");
        await Made.drop();
        console.log((await db.query("SELECT CURRENT_USER() AS u"))[0][0].u);
        await db.close();""",
    "typeorm": """
        const { DataSource, EntitySchema } = require("typeorm");
        const Made = new EntitySchema({ name: "made_by_typeorm",
            columns: { x: { type: "int", primary: true } } });
        const to = { type: "postgres", host, port, username: user, password, database };
        const db = new DataSource({ ...to, entities: [Made], synchronize: true });
        await db.initialize();
        await db.getRepository(Made).save([{ x: 1 }, { x: 2 }]);
        if (await db.getRepository(Made).count() !== 2) throw new Error("rows");
        await db.query("DROP TABLE made_by_typeorm");
        console.log((await db.query("SELECT current_user AS u"))[0].u);
        await db.destroy();""",
}


@pytest.mark.parametrize("driver", NODE)
def test_node(postgres, mysql, driver):
    proxy = mysql if driver in ("mysql2", "mariadb", "sequelize") else postgres
    script = (
        "(async () => { const [host, port, user, password, database] ="
        " JSON.parse(process.env.TO);" + NODE[driver] + "})()"
    )
    to = f'["127.0.0.1", {proxy.port}, "{standin("USER")}", "{proxy.password}", "app"]'
    env = environment(TO=to, NODE_PATH=str(ROOT / "bindings-node" / "node_modules"))
    out = run(["node", "-e", script], env, cwd=ROOT / "bindings-node")
    assert out.strip().partition("@")[0] == standin("USER")


def test_pgcli(postgres):
    pgcli = ROOT / "build" / "cli" / "venv" / "bin" / "pgcli"
    out = run([pgcli, "--no-password", "-t", "-c", QUERY], postgres.libpq(HOME=postgres.home))
    assert standin("USER") in out


GO = ROOT / "tests" / "proxy" / "go"


def test_go(postgres, mysql):
    """pgx with its pool and by database/sql, and go-sql-driver/mysql."""
    env = environment(
        POSTGRES=f"postgres://{standin('USER')}:{postgres.password}@127.0.0.1:{postgres.port}/app"
        "?sslmode=disable",
        MYSQL=f"{standin('USER')}:{mysql.password}@tcp(127.0.0.1:{mysql.port})/app",
        WANTED=standin("USER"),
    )
    run(["go", "test", "-count=1", "./..."], env, cwd=GO, timeout=600)


JDBC = ROOT / "tests" / "proxy" / "jdbc"


@pytest.fixture(scope="session")
def jdbc():
    """The drivers, from Maven Central, and the program."""
    target = ROOT / "build" / "jdbc"
    command = ["mvn", "-q", "-B", "-f", JDBC / "pom.xml", f"-Dtarget={target}", "package"]
    subprocess.run([str(word) for word in command], check=True, timeout=600)
    return f"{target}/classes{os.pathsep}{target}/drivers/*"


@pytest.mark.parametrize("scheme", ["postgresql", "mysql", "mariadb"])
def test_jdbc(postgres, mysql, jdbc, scheme):
    proxy = postgres if scheme == "postgresql" else mysql
    url = f"jdbc:{scheme}://127.0.0.1:{proxy.port}/app"
    env = environment(DB_USER=standin("USER"), DB_PASSWORD=proxy.password)
    out = run(["java", "-cp", jdbc, "Check", url], env)
    assert out.split() == [
        "connected",
        "rolled-back",
        "batched:1000",
        "cancelled",
        "streamed:100000",
    ]
