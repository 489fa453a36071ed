# The TOML reader against Python's tomllib: the same documents, the same trees, the same refusals.
if(WITHY_TESTS)
  add_executable(toml-json ${CMAKE_SOURCE_DIR}/tests/toml/toml_json.c)
  target_link_libraries(toml-json PRIVATE withy_static)
  set_target_properties(toml-json PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  find_package(Python3 3.11 COMPONENTS Interpreter)
  if(Python3_FOUND)
    add_test(NAME toml_against_tomllib
             COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/toml/compare.py
                     $<TARGET_FILE:toml-json>)
  endif()
endif()
